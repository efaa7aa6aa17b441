// Every fixing is a split on one variable whose other side is a closed leaf: by the multipliers of
// one linear program for many variables (reduced costs), by those of a program with the other value
// (probing), or by one row (propagation). Invariant: a reason holds given the fixings before it.
// Source: reduced-cost fixing (Dantzig, Fulkerson and Johnson, 1954); probing (Savelsbergh, 1994).
#include "schedule/bounds/root_fixing.h"

namespace hcb {
namespace {

constexpr std::size_t kInVain = 24;  // programs that fix nothing, one after the other, end probing

}  // namespace

RootFixing::RootFixing(const MomentProgram& program, Fixings fixings, Cutoff cutoff)
    : program_(program),
      fixings_(std::move(fixings)),
      cutoff_(cutoff),
      propagation_(program),
      boxes_(program.boxes()) {
  for (const Fixing& fixing : fixings_.items)
    boxes_.fix(*program.system().variable(fixing.variable), fixing.one);
  propagate();
}

void RootFixing::propagate() {
  for (const Implied& i : propagation_.run(boxes_, broken_)) {
    fixings_.add(program_.system().named(i.variable), i.one, true, {{program_.ref(i.row), 1}});
  }
}

bool RootFixing::by_reduced_cost(const LeafProof& proof, SplitProgram& at_root) {
  const auto list = static_cast<std::uint32_t>(fixings_.lists.size());
  const std::size_t before = fixings_.items.size();
  for (const std::uint32_t v : at_root.reduced().variables) {
    if (boxes_.fixed(v)) continue;
    const Wide d = proof.reduced_cost[v];
    if (!cutoff_.closes(proof.bound + (d > 0 ? d : -d))) continue;
    const bool one = d < 0;
    boxes_.fix(v, one);
    fixings_.items.push_back({program_.system().named(v), list, false, one});
  }
  if (fixings_.items.size() == before) return false;
  fixings_.lists.push_back(proof.multipliers);
  propagate();
  at_root.shrink_root(boxes_);
  return true;
}

bool RootFixing::by_probing(const std::vector<std::uint32_t>& order, const LinearSolution& values,
                            std::uint64_t last_work, SplitProgram& at_root, Context& context) {
  bool any = false;
  std::size_t in_vain = 0;
  for (const std::uint32_t v : order) {
    if (in_vain == kInVain || broken_ || context.exhausted() || context.cancelled() ||
        context.work() >= last_work)
      break;
    if (boxes_.fixed(v)) continue;
    const bool one = values.value[at_root.reduced().column[v]] < 0.5;
    const bool fixed = probe(v, one, at_root, context);
    in_vain = fixed ? 0 : in_vain + 1;
    any = any || fixed;
  }
  return any;
}

bool RootFixing::probe(std::uint32_t variable, bool one, SplitProgram& at_root, Context& context) {
  const Branch other{at_root.split_on({variable}), one, 0};
  at_root.enter({&other, 1});
  const LinearSolution trial = at_root.solve(context);
  std::optional<LeafProof> proof;
  if (trial.status == LinearStatus::infeasible) proof = prove_empty(at_root, trial.dual);
  if (trial.status == LinearStatus::optimal) proof = prove_bound(at_root, trial.dual);
  at_root.enter({});
  if (!proof || !(proof->infeasible || cutoff_.closes(proof->bound))) return false;
  boxes_.fix(variable, !one);
  fixings_.add(program_.system().named(variable), !one, proof->infeasible,
               std::move(proof->multipliers));
  propagate();
  at_root.shrink_root(boxes_);
  return true;
}

}  // namespace hcb
