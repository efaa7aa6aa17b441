// A queue of rows, each looked at when the box of one of its variables has changed: where the most
// that the others can add falls short of the right-hand side without a variable's help, the
// variable has the helping value. Invariant: boxes only shrink. Source: activity bounds (Savelsbergh,
// 1994).
#include "schedule/bounds/propagation.h"

#include <algorithm>
#include <cstdlib>
#include <deque>

namespace hcb {

Propagation::Propagation(const MomentProgram& program)
    : program_(program), first_(program.system().variable_count() + 1, 0) {
  for (std::size_t r = 0; r < program.row_count(); ++r) {
    for (const Term& term : program.row(r).terms) ++first_[term.variable + 1];
  }
  for (std::size_t v = 1; v < first_.size(); ++v) first_[v] += first_[v - 1];
  rows_.resize(first_.back());
  std::vector<std::uint32_t> at(first_.begin(), first_.end() - 1);
  for (std::size_t r = 0; r < program.row_count(); ++r) {
    for (const Term& term : program.row(r).terms)
      rows_[at[term.variable]++] = static_cast<std::uint32_t>(r);
  }
}

std::vector<Implied> Propagation::run(Boxes& boxes, std::optional<std::size_t>& broken) const {
  std::vector<Implied> implied;
  std::vector<char> queued(program_.row_count(), 1);
  std::deque<std::uint32_t> queue;
  for (std::uint32_t r = 0; r < program_.row_count(); ++r) queue.push_back(r);
  broken.reset();
  while (!queue.empty()) {
    const std::uint32_t r = queue.front();
    queue.pop_front();
    queued[r] = 0;
    const Row& row = program_.row(r);
    std::int64_t slack = -row.least;
    for (const Term& term : row.terms)
      slack += term.coefficient * (term.coefficient > 0 ? boxes.high : boxes.low)[term.variable];
    if (slack < 0) {
      broken = r;
      return implied;
    }
    for (const Term& term : row.terms) {
      const std::uint32_t v = term.variable;
      if (boxes.fixed(v) || std::abs(term.coefficient) <= slack) continue;
      const bool one = term.coefficient > 0;
      boxes.fix(v, one);
      implied.push_back({v, r, one});
      for (std::uint32_t e = first_[v]; e < first_[v + 1]; ++e) {
        if (queued[rows_[e]]) continue;
        queued[rows_[e]] = 1;
        queue.push_back(rows_[e]);
      }
    }
  }
  return implied;
}

}  // namespace hcb
