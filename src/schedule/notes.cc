#include "schedule/notes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "schedule/tree_planner.h"
#include "schedule/uses.h"

namespace hcb {
namespace {

constexpr std::size_t kNamed = 5;     // values named in a note
constexpr BlockIndex kLongShare = 8;  // a long span: more than 1/8 of the blocks
constexpr Bytes kNotableShare = 4;    // worth a note: at least 1/4

struct LongSpan {
  BufferId buffer;
  BlockIndex first;  // block that makes it
  BlockIndex last;   // last block that uses it
};

// Buffers in F(at) that span more than `longer_than` blocks, the largest first.
std::vector<LongSpan> long_spans(const StrategyRequest& request, const Uses& uses, BlockIndex at,
                                 BlockIndex longer_than) {
  std::vector<LongSpan> spans;
  for (const BufferId b : request.graph.buffers()) {
    const BlockIndex first = uses.block(b);
    if (first == kTail || first >= at || uses.last(b) < at) continue;
    if (uses.last(b) - first > longer_than) spans.push_back({b, first, uses.last(b)});
  }
  std::ranges::stable_sort(spans, [&](const LongSpan& a, const LongSpan& b) {
    return request.size[a.buffer] > request.size[b.buffer];
  });
  return spans;
}

std::string named(const StrategyRequest& request, const std::vector<LongSpan>& spans) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, spans.size()); ++i) {
    const LongSpan& span = spans[i];
    text += fmt::format("{}{} ({}, blocks {} to {})", i == 0 ? "" : ", ",
                        printable(request.graph.name(span.buffer)),
                        format_bytes(request.size[span.buffer]), span.first, span.last);
  }
  if (spans.size() > kNamed) text += fmt::format(" and {} more", spans.size() - kNamed);
  return text;
}

}  // namespace

void note_wide_frontier(const StrategyRequest& request, const ForwardOrder& order,
                        const Blocks& blocks, std::vector<std::string>& notes) {
  const Uses uses(request.graph, order, blocks, {});
  const auto frontier = frontier_bytes(request.graph, request.size, uses, blocks.count());
  const auto widest = std::ranges::max_element(frontier);
  const auto at = static_cast<BlockIndex>(widest - frontier.begin());
  const BlockIndex longer_than = std::max<BlockIndex>(2, blocks.count() / kLongShare);
  const auto spans = long_spans(request, uses, at, longer_than);
  Bytes bytes = 0;
  for (const LongSpan& span : spans) bytes += request.size[span.buffer];
  if (spans.empty() || bytes < *widest / kNotableShare) return;
  notes.push_back(fmt::format(
      "the frontier is {} wide before block {}: {} of it because {} value{} span{} more "
      "than {} blocks: {}",
      format_bytes(*widest), at, format_bytes(bytes), spans.size(), spans.size() == 1 ? "" : "s",
      spans.size() == 1 ? "s" : "", longer_than, named(request, spans)));
}

void note_late_values(const StrategyRequest& request, const ForwardOrder& order,
                      const TreeCandidate& candidate, std::vector<std::string>& notes) {
  if (candidate.late_bytes == 0) return;
  const Bytes stored = stored_bytes(request.graph, request.size, order);
  const char* how = candidate.setting.policy.close_late ? "made again where they are read" : "held";
  if (candidate.late_bytes > stored / kNotableShare) {
    notes.push_back(fmt::format(
        "the backward does not follow the blocks: it reads {} of {} of stored activations behind "
        "the replay of their block; they are {}",
        format_bytes(candidate.late_bytes), format_bytes(stored), how));
  } else {
    notes.push_back(fmt::format("{} of values that the backward reads late are {}",
                                format_bytes(candidate.late_bytes), how));
  }
}

}  // namespace hcb
