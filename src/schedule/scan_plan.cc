// Segments: with inner length n the outer loop has m = ceil(L / n) iterations, and m·C + n·S is
// convex but for the ceiling. Inner lengths that share m are decided by the smallest of them, and
// there are no more than 2·sqrt(L) values of m: all are tried.
#include "schedule/scan_plan.h"

#include <optional>

#include <fmt/format.h>

#include "ops/count.h"
#include "schedule/binomial.h"

namespace hcb {
namespace {

Result<void> valid(const ScanLoop& loop) {
  if (loop.length >= 1 && loop.carry >= 0 && loop.residual >= 0) return {};
  return fail(ErrorKind::bad_input,
              fmt::format("a loop of {} iterations, {} bytes of carry and {} left behind by each",
                          loop.length, loop.carry, loop.residual));
}

Result<ScanChoice> made(ScanChoice choice, Count bytes, Count runs) {
  if (!bytes.value() || !runs.value())
    return fail(ErrorKind::bad_input, "the bytes or runs of a loop exceed 63 bits");
  choice.bytes = *bytes.value();
  choice.runs = *runs.value();
  return choice;
}

struct Split {
  std::int64_t outer = 1;
  std::int64_t inner = 1;
};

// Calls visit(split) for the least inner length of every outer one.
template <class Visit>
void for_each_split(std::int64_t length, const Visit& visit) {
  for (std::int64_t inner = 1; inner <= length;) {
    const std::int64_t outer = (length + inner - 1) / inner;
    visit(Split{.outer = outer, .inner = inner});
    if (outer == 1) return;
    inner = (length + outer - 2) / (outer - 1);  // the least that needs one iteration less outside
  }
}

// The split with the least outer·C + inner·per_inner.
Split best_split(const ScanLoop& loop, Bytes per_inner) {
  Split best;
  std::optional<std::int64_t> least;
  for_each_split(loop.length, [&](Split split) {
    const auto bytes = (Count(split.outer) * loop.carry + Count(split.inner) * per_inner).value();
    if (bytes && (!least || *bytes < *least)) {
      least = bytes;
      best = split;
    }
  });
  return best;
}

}  // namespace

std::string_view name(ScanAction action) {
  switch (action) {
    case ScanAction::keep:
      return "keep";
    case ScanAction::carry:
      return "carry";
    case ScanAction::segment:
      return "segment";
    case ScanAction::nested:
      return "nested";
    case ScanAction::binomial:
      return "binomial";
  }
  return "";
}

Result<ScanChoice> keep_residuals(const ScanLoop& loop) {
  HCB_CHECK(valid(loop));
  return made({.action = ScanAction::keep, .lengths = {loop.length}},
              Count(loop.length) * loop.residual, loop.length);
}

Result<ScanChoice> keep_carries(const ScanLoop& loop) {
  HCB_CHECK(valid(loop));
  return made({.action = ScanAction::carry, .lengths = {loop.length}},
              Count(loop.length) * loop.carry + Count(loop.residual), 2 * Count(loop.length));
}

Result<ScanChoice> segmented(const ScanLoop& loop) {
  HCB_CHECK(valid(loop));
  const Split split = best_split(loop, loop.residual);
  return made({.action = ScanAction::segment, .lengths = {split.outer, split.inner}},
              Count(split.outer) * loop.carry + Count(split.inner) * loop.residual,
              2 * Count(loop.length));
}

Result<ScanChoice> nested(const ScanLoop& loop) {
  HCB_CHECK(valid(loop));
  const Split split = best_split(loop, loop.carry);
  return made({.action = ScanAction::nested, .lengths = {split.outer, split.inner}},
              (Count(split.outer) + split.inner) * loop.carry + Count(loop.residual),
              3 * Count(loop.length));
}

Result<ScanChoice> binomial(const ScanLoop& loop, std::int64_t slots) {
  HCB_CHECK(valid(loop));
  if (slots < 1) return fail(ErrorKind::bad_input, fmt::format("{} slots", slots));
  return made({.action = ScanAction::binomial, .lengths = {loop.length}, .slots = slots},
              Count(slots) * loop.carry + Count(loop.residual),
              binomial_executions(static_cast<BlockIndex>(loop.length), slots));
}

Result<std::vector<ScanChoice>> scan_choices(const ScanLoop& loop) {
  std::vector<ScanChoice> choices;
  for (const auto choose : {keep_residuals, keep_carries, segmented, nested}) {
    HCB_TRY(ScanChoice choice, choose(loop));
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace hcb
