// An insertion into a list of three.
#include "schedule/candidates.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schedule/notes.h"

namespace hcb {
namespace {

constexpr std::uint64_t kMostWork = 16'000'000;  // units of Context in all
constexpr std::size_t kKept = 3;

std::string words(const TreeCandidate& c, Nanos base) {
  const TreeSetting& s = c.setting;
  std::vector<std::string> parts;
  parts.push_back(s.block_size == kByModule ? "a block per module"
                                            : fmt::format("{} node{} per block", s.block_size,
                                                          s.block_size == 1 ? "" : "s"));
  if (s.narrow) parts.emplace_back("boundaries at narrow frontiers");
  if (s.slots > 0) {
    parts.push_back(fmt::format("{} slot{}", s.slots, s.slots == 1 ? "" : "s"));
  } else if (c.tree.stored.empty()) {
    parts.push_back(s.arity == kFlat ? "one level" : fmt::format("arity {}", s.arity));
  }
  if (s.policy.close_late) parts.emplace_back("late values made again");
  if (s.policy.skip_span > 0)
    parts.push_back(fmt::format("skips over more than {} blocks made again", s.policy.skip_span));
  std::string text = fmt::format("{}: peak {}", fmt::join(parts, ", "), format_bytes(c.peak));
  if (c.chain_peak) text += fmt::format(" (as a chain {})", format_bytes(*c.chain_peak));
  return text + fmt::format(", extra time +{} %", percent_of(c.extra_time, base));
}

bool differ_in_slots_alone(TreeSetting a, const TreeSetting& b) {
  a.slots = b.slots;
  return a == b;
}

}  // namespace

bool better(const TreeCandidate& a, const TreeCandidate& b, std::optional<Bytes> budget) {
  const bool a_fits = budget && a.peak <= *budget;
  const bool b_fits = budget && b.peak <= *budget;
  if (a_fits != b_fits) return a_fits;
  if (a_fits) return std::pair(a.extra_time, a.peak) < std::pair(b.extra_time, b.peak);
  return std::pair(a.peak, a.extra_time) < std::pair(b.peak, b.extra_time);
}

Result<bool> Candidates::add(Result<TreeCandidate> candidate) {
  if (!candidate) {
    const ErrorKind kind = candidate.error().kind;
    const bool bug = kind == ErrorKind::internal || kind == ErrorKind::check_failed;
    if (bug || best_.empty()) return std::unexpected(std::move(candidate).error());
    return false;
  }
  ++tried_;
  const bool fits = request_.budget && candidate->peak <= *request_.budget;
  const auto twin = std::ranges::find_if(best_, [&](const TreeCandidate& other) {
    return differ_in_slots_alone(other.setting, candidate->setting);
  });
  if (twin != best_.end()) {
    if (!better(*candidate, *twin, request_.budget)) return fits;
    best_.erase(twin);
  }
  const auto at = std::ranges::find_if(best_, [&](const TreeCandidate& other) {
    return better(*candidate, other, request_.budget);
  });
  best_.insert(at, *std::move(candidate));
  if (best_.size() > kKept) best_.pop_back();
  return fits;
}

bool Candidates::done() const {
  return !best_.empty() && (context_.work() - work_before_ > kMostWork || context_.exhausted() ||
                            context_.cancelled());
}

std::vector<std::pair<std::string, std::int64_t>> Candidates::meta() const {
  std::vector<std::pair<std::string, std::int64_t>> meta{
      {"tried", static_cast<std::int64_t>(tried_)}};
  if (best_.size() < 2) return meta;
  const TreeCandidate& second = best_[1];
  const TreeSetting& setting = second.setting;
  const auto add = [&](std::string_view key, std::int64_t value) {
    meta.emplace_back(fmt::format("runner_up_{}", key), value);
  };
  if (setting.block_size != kByModule)
    add("block_size", static_cast<std::int64_t>(setting.block_size));
  if (setting.slots > 0) {
    add("slots", setting.slots);
  } else if (second.tree.stored.empty()) {
    add("arity", resolved_arity(setting, second.blocks));
  }
  add("narrow_boundaries", setting.narrow ? 1 : 0);
  add("late_closed", setting.policy.close_late ? 1 : 0);
  add("closed_skip_span", setting.policy.skip_span);
  add("peak_bytes", second.peak);
  add("extra_time_ns", second.extra_time);
  return meta;
}

std::string Candidates::ranking() const {
  const Nanos base = base_time(request_.graph);
  std::string text = fmt::format("best: {}", words(best_.front(), base));
  if (best_.size() > 1) text += fmt::format("; runner-up: {}", words(best_[1], base));
  return text;
}

}  // namespace hcb
