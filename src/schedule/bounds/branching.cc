// The sets with the heaviest fractional sums are compared by what both sides gain: by programs while a
// set is new, by the mean of what these said later. Source: reliability branching (Achterberg, Koch
// and Martin, 2005); branching on sums after Ryan and Foster (1981) in spirit.
#include "schedule/bounds/branching.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace hcb {
namespace {

constexpr double kFraction = 1e-6;
constexpr std::size_t kCompared = 8;
constexpr int kReliable = 4;  // tries of a set

}  // namespace

struct Branching::Choice {
  Set* set = nullptr;
  double total = 0;
  double score = 0;

  [[nodiscard]] double floor() const { return std::floor(total); }
};

// Sets whose sum is fractional.
void Branching::collect(std::vector<Set>& sets, const SplitProgram& program,
                        const LinearSolution& solution, std::vector<Choice>& found) {
  for (Set& set : sets) {
    const double total = program.sum(set.members, solution);
    const double away = std::min(total - std::floor(total), std::ceil(total) - total);
    if (away < kFraction) continue;
    double cost = 1;
    for (const std::uint32_t v : set.members)
      cost += static_cast<double>(program.program().cost(v));
    found.push_back({&set, total, away * cost / static_cast<double>(set.members.size())});
  }
}

// What the worse side and the better side gain, multiplied.
double Branching::gain(Choice& choice, SplitProgram& program, const LinearSolution& solution,
                       double worst, const LinearBasis& basis, Context& context) {
  Set& set = *choice.set;
  const double down = choice.total - choice.floor();
  const double up = 1 - down;
  double low = set.gain_down * down;
  double high = set.gain_up * up;
  if (set.tries < kReliable) {
    Branch side{program.split_on(set.members), false, static_cast<std::int64_t>(choice.floor())};
    const auto objective = [&] {
      program.start_from(basis);
      const LinearSolution trial = program.try_branch(side, context);
      return trial.status == LinearStatus::optimal ? std::min(trial.objective, worst) : worst;
    };
    low = objective() - solution.objective;
    side.upper = true;
    high = objective() - solution.objective;
    ++set.tries;
    set.gain_down += (low / down - set.gain_down) / set.tries;
    set.gain_up += (high / up - set.gain_up) / set.tries;
  }
  return std::max(std::min(low, high), 1e-6) * std::max(std::max(low, high), 1e-6);
}

Branching::Branching(const SplitProgram& program) {
  const MomentSystem& system = program.program().system();
  const Graph& graph = system.graph();
  const std::size_t moments = system.moment_count();
  std::map<std::pair<std::size_t, Bytes>, std::vector<std::uint32_t>> by_size;
  for (std::size_t k = 0; k < moments; ++k) {
    for (const NodeId i : graph.nodes()) {
      if (!program.has_column(system.r(k, i))) continue;
      Bytes made = 0;
      for (const BufferId b : graph.makes(i)) made += system.sure_bytes(b);
      by_size[{k, made}].push_back(system.r(k, i));
      if (k + 1 < moments && program.has_column(system.t(k, i)))
        by_size[{k + moments, made}].push_back(system.t(k, i));
    }
  }
  for (auto& [key, members] : by_size) {
    if (members.size() > 1) groups_.push_back({std::move(members)});
  }
  for (const std::uint32_t v : program.reduced().variables)
    (v < 2 * moments * graph.node_count() ? singles_ : kept_).push_back({{v}});
}

std::optional<Branch> Branching::choose(SplitProgram& program, const LinearSolution& solution,
                                        const Cutoff& cutoff, const LinearBasis& basis,
                                        Context& context) {
  std::vector<Choice> found;
  collect(groups_, program, solution, found);
  collect(singles_, program, solution, found);
  if (found.empty()) collect(kept_, program, solution, found);
  if (found.empty()) return std::nullopt;
  std::ranges::stable_sort(found, std::greater{}, &Choice::score);
  if (found.size() > kCompared) found.resize(kCompared);
  const double worst =
      cutoff.known() ? static_cast<double>(cutoff.incumbent - program.reduced().offset) : 1e15;
  for (Choice& choice : found) {
    if (found.size() > 1) choice.score = gain(choice, program, solution, worst, basis, context);
  }
  const Choice& best = *std::ranges::max_element(found, {}, &Choice::score);
  return Branch{program.split_on(best.set->members), false,
                static_cast<std::int64_t>(best.floor())};
}

std::vector<std::uint32_t> Branching::recomputations(const MomentProgram& program) const {
  std::vector<std::uint32_t> order;
  for (const Set& single : singles_) order.push_back(single.members.front());
  const Graph& graph = program.system().graph();
  std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t v) {
    return graph.cost(id_at<NodeId>(v % graph.node_count())).time;
  });
  return order;
}

}  // namespace hcb
