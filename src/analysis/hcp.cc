// One pass for places and depth, one over the buffers for lives, skips and readers; block sizes are
// analysis/block_size.h. Places count forward nodes that are no views, as block sizes do.
#include "analysis/hcp.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "analysis/block_size.h"
#include "base/text.h"

namespace hcb {
namespace {

constexpr std::int64_t kWhole = 10'000;

std::int64_t permyriad(Bytes part, Bytes whole) {
  if (whole == 0) return 0;
  return static_cast<std::int64_t>((static_cast<__int128>(part) * kWhole + whole - 1) / whole);
}

std::string percent(std::int64_t of_10000) {
  return fmt::format("{}.{} %", of_10000 / 100, of_10000 % 100 / 10);
}

class Evaluator {
 public:
  Evaluator(const Graph& graph, const IdVector<BufferId, Bytes>& size,
            std::span<const NodeId> order)
      : graph_(graph), size_(size), order_(order), place_(graph.node_count(), kOutside) {}

  HcpEvaluation run() && {
    find_places();
    find_depth();
    for (const BufferId b : graph_.buffers()) follow(b);
    result_.most_read = name_of(most_read_);
    result_.longest_skip = name_of(longest_skip_);
    result_.frontier =
        summarize_frontier(frontier_profile(graph_, size_, FrontierScope::forward, order_));
    result_.width_permyriad = permyriad(result_.frontier.width, result_.activations);
    result_.p95_permyriad = permyriad(result_.frontier.p95, result_.activations);
    suggest_blocks();
    give_reasons();
    return std::move(result_);
  }

 private:
  static constexpr std::int64_t kOutside = -1;

  [[nodiscard]] NodeId node_at(std::size_t i) const {
    return order_.empty() ? id_at<NodeId>(i) : order_[i];
  }

  // A view has the place of the node in front of it.
  void find_places() {
    for (std::size_t i = 0; i < graph_.node_count(); ++i) {
      const NodeId n = node_at(i);
      if (graph_.phase(n) != Phase::forward) continue;
      if (!graph_.flags(n).view) ++result_.nodes;
      place_[n] = std::max<std::int64_t>(result_.nodes - 1, 0);
    }
  }

  void find_depth() {
    IdVector<NodeId, std::int64_t> depth(graph_.node_count(), 0);
    for (const NodeId n : graph_.nodes()) {
      if (place_[n] == kOutside) continue;
      for (const NodeId before : graph_.predecessors(n)) {
        depth[n] = std::max(depth[n], depth[before]);
      }
      depth[n] += graph_.flags(n).view ? 0 : 1;
      result_.depth = std::max(result_.depth, depth[n]);
    }
  }

  void follow(BufferId b) {
    if (graph_.resident(b) || place_[graph_.owner(b)] == kOutside) return;
    const std::int64_t made = place_[graph_.owner(b)];
    std::int64_t last = made;
    std::int64_t readers = 0;
    for (const NodeId reader : graph_.readers(b)) {
      if (place_[reader] == kOutside) continue;
      last = std::max(last, place_[reader]);
      ++readers;
    }
    lives_.push_back({.made = made, .last = last, .bytes = size_[b]});
    result_.activations =
        checked_add(result_.activations, size_[b]).value_or(std::numeric_limits<Bytes>::max());
    if (readers > result_.fan_out) {
      result_.fan_out = readers;
      most_read_ = b;
    }
    if (last - made > result_.skip_length) {
      result_.skip_length = last - made;
      longest_skip_ = b;
    }
  }

  void suggest_blocks() {
    for (const BlockCosts& costs : block_costs(lives_, result_.nodes)) {
      take_if_less(result_.interval_tree, costs, costs.interval_tree());
      take_if_less(result_.periodic, costs, costs.periodic());
    }
    result_.compressible =
        result_.interval_tree && result_.interval_tree->bytes <= result_.activations / 2;
  }

  // On ties the larger blocks: fewer boundaries, less to recompute.
  static void take_if_less(std::optional<BlockSuggestion>& best, const BlockCosts& costs,
                           Bytes bytes) {
    if (best && best->bytes < bytes) return;
    best = {.block_size = costs.block_size, .blocks = costs.blocks, .bytes = bytes};
  }

  void give_reasons() {
    if (result_.nodes == 0) return;
    result_.reasons = {frontier_words(), depth_words(), fan_out_words(), skip_words(),
                       verdict_words()};
  }

  [[nodiscard]] std::string frontier_words() const {
    const std::int64_t width = result_.width_permyriad;
    const char* const kind = width <= kWhole / 8   ? "narrow"
                             : width <= kWhole / 2 ? "moderate"
                                                   : "wide";
    return fmt::format(
        "{} frontiers: the widest carries {} of the activations, 95 % of them at "
        "most {}",
        kind, percent(width), percent(result_.p95_permyriad));
  }

  [[nodiscard]] std::string depth_words() const {
    const char* const kind = result_.depth * 2 >= result_.nodes   ? "deep"
                             : result_.depth * 8 >= result_.nodes ? "moderately deep"
                                                                  : "shallow";
    return fmt::format("{}: {} of {} forward nodes lie on one path", kind,
                       with_thousands(result_.depth), with_thousands(result_.nodes));
  }

  [[nodiscard]] std::string name_of(BufferId b) const {
    return b == kNone<BufferId> ? std::string() : std::string(graph_.name(b));
  }

  static std::string in_brackets(const std::string& name) {
    return name.empty() ? name : fmt::format(" ('{}')", printable(name));
  }

  [[nodiscard]] std::string fan_out_words() const {
    return fmt::format("fan-out: at most {} forward readers of one value{}",
                       with_thousands(result_.fan_out), in_brackets(result_.most_read));
  }

  [[nodiscard]] std::string skip_words() const {
    const bool is_long = result_.skip_length * 4 >= result_.nodes && result_.skip_length > 1;
    return fmt::format("{}: the longest reaches over {} nodes{}",
                       is_long ? "long skips" : "short skips", with_thousands(result_.skip_length),
                       in_brackets(result_.longest_skip));
  }

  [[nodiscard]] std::string verdict_words() const {
    return fmt::format(
        "{}: an interval tree over blocks of {} holds about {} of the {} of "
        "activations",
        result_.compressible ? "compresses" : "does not compress well",
        with_thousands(result_.interval_tree->block_size),
        format_bytes(result_.interval_tree->bytes), format_bytes(result_.activations));
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  std::span<const NodeId> order_;
  IdVector<NodeId, std::int64_t> place_;  // kOutside: no forward node
  std::vector<ForwardLife> lives_;
  BufferId most_read_ = kNone<BufferId>;
  BufferId longest_skip_ = kNone<BufferId>;
  HcpEvaluation result_;
};

}  // namespace

HcpEvaluation evaluate_hcp(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                           std::span<const NodeId> order) {
  return Evaluator(graph, size, order).run();
}

}  // namespace hcb
