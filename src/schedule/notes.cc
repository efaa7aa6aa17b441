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

// Buffers that span many blocks, the largest first.
std::vector<LongSpan> long_spans(const StrategyRequest& request, const Uses& uses,
                                 BlockIndex longer_than) {
  std::vector<LongSpan> spans;
  for (const BufferId b : request.graph.buffers()) {
    const BlockIndex first = uses.block(b);
    if (first != kTail && uses.last(b) - first > longer_than)
      spans.push_back({b, first, uses.last(b)});
  }
  std::ranges::stable_sort(spans, [&](const LongSpan& a, const LongSpan& b) {
    return request.size[a.buffer] > request.size[b.buffer];
  });
  return spans;
}

// The first block before which the spans together hold the most bytes, and how many.
std::pair<BlockIndex, Bytes> widest_place(const StrategyRequest& request,
                                          const std::vector<LongSpan>& spans, BlockIndex blocks) {
  std::vector<Bytes> change(static_cast<std::size_t>(blocks) + 1, 0);
  for (const LongSpan& span : spans) {
    change[static_cast<std::size_t>(span.first) + 1] += request.size[span.buffer];
    if (span.last < blocks - 1)
      change[static_cast<std::size_t>(span.last) + 1] -= request.size[span.buffer];
  }
  std::pair<BlockIndex, Bytes> widest{0, 0};
  Bytes bytes = 0;
  for (BlockIndex j = 0; j < blocks; ++j) {
    bytes += change[static_cast<std::size_t>(j)];
    if (bytes > widest.second) widest = {j, bytes};
  }
  return widest;
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

BlockIndex long_span_of(BlockIndex blocks) { return std::max<BlockIndex>(2, blocks / kLongShare); }

void note_wide_frontier(const StrategyRequest& request, const ForwardOrder& order,
                        const Blocks& blocks, std::vector<std::string>& notes) {
  const Uses uses(request.graph, order, blocks, {});
  const auto frontier = frontier_bytes(request.graph, request.size, uses, blocks.count());
  const BlockIndex longer_than = long_span_of(blocks.count());
  auto spans = long_spans(request, uses, longer_than);
  const auto [at, bytes] = widest_place(request, spans, blocks.count());
  if (bytes == 0 || bytes < *std::ranges::max_element(frontier) / kNotableShare) return;
  std::erase_if(spans, [here = at](const LongSpan& s) { return s.first >= here || s.last < here; });
  const bool one = spans.size() == 1;
  notes.push_back(fmt::format(
      "the frontier before block {} is {} wide, {} of it because {} value{} span{} more than {} "
      "blocks: {}",
      at, format_bytes(frontier[static_cast<std::size_t>(at)]), format_bytes(bytes), spans.size(),
      one ? "" : "s", one ? "s" : "", longer_than, named(request, spans)));
}

std::string percent_of(Nanos part, Nanos whole) {
  const auto tenths = static_cast<std::int64_t>((static_cast<__int128>(part) * 1000 + whole / 2) /
                                                std::max<Nanos>(whole, 1));
  return fmt::format("{}.{}", tenths / 10, tenths % 10);
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
