#include "report/verdict_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "report/bound_text.h"
#include "report/words.h"

namespace hcb {
namespace {

std::string proof_words(const BoundReport& bound) {
  const std::string bytes = format_bytes(bound.bytes.bound);
  if (bound.by_outputs) {
    return fmt::format("residents and what is held to the end (gradients, outputs) need {}", bytes);
  }
  if (bound.set_by.empty()) return fmt::format("the resident tensors alone need {}", bytes);
  return fmt::format("{} alone needs {}, whatever is recomputed", printable(bound.set_by), bytes);
}

// "bound +8.6 %", or that there is none.
std::string bound_text(const Verdict& verdict, Nanos base) {
  if (!verdict.bound_extra_time) return "best of this version's strategies; no bound";
  if (*verdict.bound_extra_time == verdict.best->extra_time) {
    return fmt::format("optimal {}", scope_words(verdict.bound_scope));
  }
  return "bound " + percent_text(*verdict.bound_extra_time, base);
}

}  // namespace

std::string verdict_words(const Analysis& analysis, const Outlook& outlook) {
  const Verdict& verdict = *outlook.verdict;
  const Nanos base = std::max<Nanos>(analysis.base_time, 1);
  const std::string budget = budget_words(verdict.budget, verdict.budget_bytes, verdict.headroom);
  switch (verdict.fit) {
    case Fit::fits:
      return fmt::format("fits {}; {} to spare", budget,
                         format_bytes(verdict.available - analysis.step.peak));
    case Fit::with_recomputation:
      return fmt::format("does not fit {}; fits with recomputation at about {} step time ({})",
                         budget, percent_text(verdict.best->extra_time, base),
                         bound_text(verdict, base));
    case Fit::does_not_fit:
      return fmt::format("does not fit {}: {}", budget,
                         verdict.proof.empty() ? proof_words(analysis.bound) : verdict.proof);
    case Fit::unknown:
      break;
  }
  return fmt::format(
      "does not fit {} as it is; unknown whether recomputation can help enough: least peak found "
      "{}, proved to be needed {}",
      budget, format_bytes(outlook.lowest.peak), format_bytes(analysis.bound.bytes.bound));
}

}  // namespace hcb
