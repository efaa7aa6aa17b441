// Block sizes form a geometric ladder around √n (Chen et al., 2016: the size that balances the
// frontiers kept against the block replayed), nearest first. Then, on the best few: boundaries
// moved to narrow frontiers, other arities where a budget leaves room to trade memory for time,
// late values closed instead of held, and long skips closed from a span of S blocks on, S halving.
// A budget adds to what is tried without one, it replaces nothing: what the least peak found without
// a budget is, is met as a budget too.
#include "schedule/search.h"

#include <algorithm>

#include <fmt/format.h>

#include "check/simulate.h"
#include "schedule/notes.h"

namespace hcb {
namespace {

constexpr std::uint64_t kMostWork = 16'000'000;  // units of Context in all
constexpr std::size_t kMostBlocks = 4096;        // a plan of more is long to read and to execute
constexpr std::size_t kFineLadder =
    20'000;                          // from so many forward nodes on, only every second rung
constexpr std::size_t kRefined = 3;  // candidates that are refined

// floor(√n).
std::size_t integer_root(std::size_t n) {
  std::size_t low = 0;
  for (std::size_t bit = std::size_t{1} << 31; bit > 0; bit /= 2) {
    if ((low + bit) * (low + bit) <= n) low += bit;
  }
  return low;
}

class Search {
 public:
  Search(const StrategyRequest& request, const TreePlanner& planner, Context& context)
      : request_(request), planner_(planner), context_(context), work_before_(context.work()) {}

  // Tries one setting, once; fails only if there is no candidate at all yet.
  Result<void> attempt(const TreeSetting& setting) {
    if (done() || std::ranges::find(tried_, setting) != tried_.end()) return {};
    auto candidate = planner_.evaluate(setting, context_);
    if (!candidate) {
      if (candidate.error().kind == ErrorKind::internal || candidates_.empty() ||
          candidate.error().kind == ErrorKind::check_failed) {
        return std::unexpected(std::move(candidate).error());
      }
      return {};
    }
    tried_.push_back(setting);
    insert(*std::move(candidate));
    return {};
  }

  [[nodiscard]] bool done() const {
    return !candidates_.empty() && (context_.work() - work_before_ > kMostWork ||
                                    context_.exhausted() || context_.cancelled());
  }
  [[nodiscard]] std::size_t tried() const { return tried_.size(); }
  [[nodiscard]] const TreeCandidate& best() const { return candidates_.front(); }
  [[nodiscard]] TreeCandidate take_best() && { return std::move(candidates_.front()); }
  // What the few best candidates are, without their sequences.
  struct Finalist {
    TreeSetting setting;
    BlockIndex blocks;
    BlockIndex longest_span;
    bool late;
  };
  [[nodiscard]] std::vector<Finalist> finalists() const {
    std::vector<Finalist> list;
    for (const TreeCandidate& c : candidates_)
      list.push_back({c.setting, c.blocks, c.longest_span, c.late_bytes > 0});
    return list;
  }

 private:
  // Keeps the few best, the earlier one first on ties.
  void insert(TreeCandidate candidate) {
    const auto at = std::ranges::find_if(candidates_, [&](const TreeCandidate& other) {
      return better(candidate, other, request_.budget);
    });
    candidates_.insert(at, std::move(candidate));
    if (candidates_.size() > kRefined) candidates_.pop_back();
  }

  const StrategyRequest& request_;
  const TreePlanner& planner_;
  Context& context_;
  std::uint64_t work_before_;
  std::vector<TreeCandidate> candidates_;  // best first
  std::vector<TreeSetting> tried_;
};

Result<void> try_sizes(Search& search, std::span<const std::size_t> sizes, std::int64_t arity) {
  for (const bool narrow : {false, true}) {
    for (const std::size_t size : sizes) {
      if (narrow && size < 3) continue;
      HCB_CHECK(
          search.attempt({.block_size = size, .narrow = narrow, .arity = arity, .policy = {}}));
    }
  }
  return {};
}

// Fewer, wider levels cost less time and more memory.
Result<void> try_arities(Search& search, std::span<const std::size_t> sizes) {
  for (const std::int64_t arity : {kFlat, std::int64_t{4}, std::int64_t{8}, std::int64_t{3}}) {
    HCB_CHECK(try_sizes(search, sizes, arity));
  }
  return {};
}

// Late values are closed wherever there are some; skips only by `auto`, and only those whose span
// is long for the number of blocks: making everything again that crosses a boundary saves little.
Result<void> try_closures(Search& search, bool skips) {
  auto finalists = search.finalists();
  for (auto& [setting, blocks, longest, late] : finalists) {
    if (late) {
      setting.policy.close_late = true;
      HCB_CHECK(search.attempt(setting));
      setting.policy.close_late = false;
    }
    for (BlockIndex s = longest - 1; skips && s >= long_span_of(blocks); s /= 2) {
      setting.policy.skip_span = s;
      HCB_CHECK(search.attempt(setting));
    }
  }
  return {};
}

std::string search_note(const Search& search, std::span<const std::size_t> sizes) {
  const auto [least, most] = std::ranges::minmax(sizes);
  const TreeSetting& best = search.best().setting;
  return fmt::format(
      "auto tried {} setting{}, block sizes {} to {}, and chose {} node{} per block{}",
      search.tried(), search.tried() == 1 ? "" : "s", least, most, best.block_size,
      best.block_size == 1 ? "" : "s", best.narrow ? " with boundaries at narrow frontiers" : "");
}

Schedule every_node_once(const Graph& graph) {
  Schedule schedule;
  schedule.sequence = plain_sequence(graph);
  schedule.notes.push_back("no backward nodes: every node runs once, nothing is recomputed");
  return schedule;
}

}  // namespace

std::vector<std::size_t> block_size_ladder(std::size_t n) {
  const std::size_t least = (n + kMostBlocks - 1) / kMostBlocks;
  const std::size_t step = n > kFineLadder ? 2 : 1;
  std::vector<std::size_t> sizes;
  const auto add = [&](std::size_t size) {
    size = std::clamp(size, least, n);
    if (std::ranges::find(sizes, size) == sizes.end()) sizes.push_back(size);
  };
  for (std::size_t k = 0; (n >> k) > 0; k += step) {
    add(integer_root(n << k));
    add(integer_root(n >> k));
  }
  add(least);
  add(n);
  return sizes;
}

bool better(const TreeCandidate& a, const TreeCandidate& b, std::optional<Bytes> budget) {
  const bool a_fits = budget && a.peak <= *budget;
  const bool b_fits = budget && b.peak <= *budget;
  if (a_fits != b_fits) return a_fits;
  if (a_fits) return std::pair(a.extra_time, a.peak) < std::pair(b.extra_time, b.peak);
  return std::pair(a.peak, a.extra_time) < std::pair(b.peak, b.extra_time);
}

Result<Schedule> search_tree(const StrategyRequest& request, const SearchSpace& space,
                             Context& context) {
  const TreePlanner planner(request);
  if (!planner.has_backward()) return every_node_once(request.graph);
  Search search(request, planner, context);
  const auto sizes = space.block_size ? std::vector<std::size_t>{*space.block_size}
                                      : block_size_ladder(planner.counted());
  if (space.block_size) {
    HCB_CHECK(search.attempt(
        {.block_size = sizes[0], .narrow = false, .arity = space.arity.value_or(2), .policy = {}}));
  } else {
    HCB_CHECK(try_sizes(search, sizes, space.arity.value_or(2)));
  }
  HCB_CHECK(try_closures(search, !space.block_size));
  if (request.budget && !space.block_size && !space.arity) {
    HCB_CHECK(try_arities(search, sizes));
    HCB_CHECK(try_closures(search, true));
  }
  std::string note = search_note(search, sizes);
  Schedule schedule = planner.describe(std::move(search).take_best());
  if (!space.block_size) schedule.notes.push_back(std::move(note));
  return schedule;
}

}  // namespace hcb
