// The loop: an integer solver proposes what to recompute under the rows so far and below the
// incumbent's cost; recomputations are placed as late as possible and simulated. Over budget: the
// base steps where it is become moments, and recomputations there rows of their own. Within
// budget: a new incumbent. Nothing proposed: the rows prove the incumbent optimal, and the split
// tree makes the certificate. The solver's word only steers; every number comes from a tree.
// Source: lazily separated rows (Dantzig, Fulkerson and Johnson, 1954).
#include "schedule/bounds/lazy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check/simulate.h"
#include "schedule/bounds/fixing.h"
#include "schedule/bounds/placement.h"
#include "schedule/bounds/split_tree.h"

namespace hcb {
namespace {

constexpr std::int64_t kNoIncumbent = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kSingleTreeNodes = 150;
constexpr std::size_t kSingleMoments = 2;
constexpr std::size_t kMomentsPerRound = 3;
constexpr std::size_t kRowsPerRound = 6;
constexpr std::int32_t kSolverNodes = 400;
constexpr double kSolverGap = 0.01;  // proposals need not be the cheapest

class Prover {
 public:
  Prover(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget, Scope scope,
         std::optional<Nanos> incumbent, const BoundOptions& effort, CutStage& stage,
         Context& context)
      : graph_(graph),
        size_(size),
        budget_(budget),
        scope_(scope),
        effort_(effort),
        stage_(stage),
        context_(context),
        unit_(time_unit(graph)),
        solver_last_work_(context.work() + effort.work_limit / 2),
        last_work_(context.work() + effort.work_limit) {
    if (incumbent) incumbent_ = *incumbent / unit_;
    for (const auto& schedule : stage.bound.schedules) offer(schedule);
  }

  Result<void> run() {
    HCB_CHECK(single_moments());
    if (!done()) HCB_CHECK(several_moments());
    if (done() && stage_.bound.status == BoundStatus::bounded)
      stage_.bound.status = BoundStatus::optimal;
    return {};
  }

 private:
  [[nodiscard]] BoundResult& bound() { return stage_.bound; }
  [[nodiscard]] bool done() const {
    if (stage_.bound.status == BoundStatus::infeasible) return true;
    return incumbent_ != kNoIncumbent && stage_.bound.extra_time >= incumbent_ * unit_;
  }
  [[nodiscard]] bool stopped() const {
    return context_.exhausted() || context_.cancelled() || context_.work() >= last_work_;
  }

  // A schedule that fits and is cheaper becomes the incumbent. It is of every scope (place_late()).
  bool offer(const std::vector<NodeId>& schedule) {
    const auto simulation = simulate(graph_, schedule, size_);
    if (!simulation || simulation->peak > budget_) return false;
    if (simulation->extra_time / unit_ < incumbent_) incumbent_ = simulation->extra_time / unit_;
    return true;
  }

  Result<void> accept(Certificate proof) {
    proof.budget = budget_;
    HCB_TRY(const CertifiedBound proved, verify(graph_, size_, proof));
    Nanos value = proved.extra_time;
    // Every leaf closed as empty: nothing is cheaper than the incumbent only if it is infeasible.
    if (proved.infeasible) {
      bound().status = BoundStatus::infeasible;
      bound().scope = proved.scope;
      bound().certificate = std::move(proof);
      bound().extra_time = 0;
      bound().over = 0;
      return {};
    }
    if (value <= bound().extra_time && !(value == bound().extra_time && done())) return {};
    bound().extra_time = value;
    bound().scope = proved.scope;
    bound().certificate = std::move(proof);
    return {};
  }

  // ---- one moment

  Result<void> single_moments() {
    const std::size_t count = std::min(kSingleMoments, stage_.best.size());
    for (std::size_t m = 0; m < count && !done() && !stopped(); ++m) {
      HCB_TRY(const MomentSystem system,
              make({.scope = bound().scope, .moments = {stage_.best[m].moment}}));
      HCB_TRY(const TreeResult tree, tree_of(system, {}, kSingleTreeNodes));
      if (!tree.solution.empty()) propose(system, tree.solution);
    }
    return {};
  }

  [[nodiscard]] Result<MomentSystem> make(MomentSpec spec) const {
    return MomentSystem::make(graph_, size_, budget_, std::move(spec));
  }

  [[nodiscard]] Result<Fixings> fixings_of(const MomentSystem& system,
                                           const MomentProgram& program) {
    if (incumbent_ == kNoIncumbent) return Fixings{};
    return fix_against(system, size_, budget_, incumbent_, program.scale().log2, context_);
  }

  Result<TreeResult> tree_of(const MomentSystem& system, const ProgramRows& rows,
                             std::size_t nodes) {
    MomentProgram program(system, rows);
    HCB_TRY(Fixings fixings, fixings_of(system, program));
    TreeResult tree = run_split_tree(
        program, std::move(fixings),
        {.incumbent = incumbent_,
         .nodes = nodes,
         .cut_rounds = 20,
         .probing_work = (system.moment_count() > 1 ? 1 : 0) * effort_.work_limit / 4,
         .last_work = last_work_},
        context_);
    HCB_CHECK(accept(tree.certificate));
    return tree;
  }

  // ---- several

  Result<void> several_moments() {
    begin();
    for (std::size_t round = 0; round < effort_.rounds; ++round) {
      if (stopped() || context_.work() >= solver_last_work_) break;
      HCB_TRY(const bool more, one_round());
      if (!more) break;
    }
    bound().focus = {spec_.moments, recomputations()};
    if (done() || stopped()) return {};
    HCB_TRY(const MomentSystem system, make(spec_));
    HCB_CHECK(tree_of(system, rows_, effort_.tree_nodes));
    return {};
  }

  void begin() {
    spec_ = {.scope = scope_, .moments = {stage_.best.front().moment}};
    if (effort_.focus.moments.empty() || scope_ == Scope::any_order) return;
    spec_.moments = effort_.focus.moments;
    for (const auto& [k, i] : effort_.focus.again) add_row({.again = i}, next_of(k));
  }

  // The base step behind segment k.
  [[nodiscard]] std::size_t next_of(std::size_t k) const {
    return k + 1 < spec_.moments.size() ? index(spec_.moments[k + 1]) : graph_.node_count();
  }

  [[nodiscard]] std::vector<std::pair<std::uint32_t, NodeId>> recomputations() const {
    auto list = rows_.pass;
    for (const Instant& instant : spec_.instants) list.emplace_back(instant.moment, instant.node);
    return list;
  }

  // False: nothing cheaper is proposed, or nothing more can be added.
  Result<bool> one_round() {
    HCB_TRY(const MomentSystem system, make(spec_));
    HCB_TRY(const auto solution, ask_solver(system));
    if (solution.empty()) return false;
    const auto schedule = propose(system, solution);
    const auto simulation = simulate(graph_, schedule, size_);
    if (!simulation) return false;
    if (simulation->peak <= budget_) return true;
    return refine(schedule, *simulation);
  }

  // Values by variable, cheaper than the incumbent; empty: there is none, or none was found.
  Result<std::vector<std::int8_t>> ask_solver(const MomentSystem& system) {
    const MomentProgram program(system, rows_);
    HCB_TRY(const Fixings fixings, fixings_of(system, program));
    Boxes boxes = program.boxes();
    for (const Fixing& fixing : fixings.items)
      boxes.fix(*system.variable(fixing.variable), fixing.one);
    ReducedProgram reduced(program, std::move(boxes));
    if (incumbent_ != kNoIncumbent) add_cutoff(reduced);
    const IntegerSolution found =
        solve_integer(reduced.model, kSolverGap, kSolverNodes, solver_last_work_, context_);
    const std::int64_t cost = reduced.offset + std::llround(found.objective);
    if (found.status == LinearStatus::infeasible && incumbent_ != kNoIncumbent)
      bound().solver_extra_time = incumbent_ * unit_;
    if (found.value.empty() || cost >= incumbent_) return std::vector<std::int8_t>{};
    return reduced.whole_values(found.value);
  }

  void add_cutoff(ReducedProgram& reduced) const {
    Row cutoff{{}, reduced.offset - (incumbent_ - 1)};
    for (std::uint32_t c = 0; c < reduced.model.cost.size(); ++c) {
      if (reduced.model.cost[c] > 0)
        cutoff.terms.push_back({c, -static_cast<std::int64_t>(reduced.model.cost[c])});
    }
    if (!cutoff.terms.empty()) reduced.model.rows.push_back(std::move(cutoff));
  }

  // The schedule of a solution; kept as a candidate.
  std::vector<NodeId> propose(const MomentSystem& system, const std::vector<std::int8_t>& value) {
    std::vector<IdVector<BufferId, char>> kept;
    for (std::size_t k = 0; k < system.moment_count(); ++k) {
      auto& at = kept.emplace_back(graph_.buffer_count(), 0);
      for (const BufferId b : graph_.buffers()) {
        if (graph_.resident(b)) continue;
        at[b] = value[system.x(k, b)] != 0 || system.reads(k, b);
      }
    }
    auto schedule = place_late(system, kept, gaps(system, value));
    offer(schedule);
    bound().schedules.push_back(schedule);
    return schedule;
  }

  // What the solution runs in each segment, in the scope whose gaps the rows describe exactly.
  [[nodiscard]] std::vector<IdVector<NodeId, char>> gaps(
      const MomentSystem& system, const std::vector<std::int8_t>& value) const {
    std::vector<IdVector<NodeId, char>> again;
    if (system.spec().scope != Scope::given_order_plain_gaps) return again;
    for (std::size_t k = 0; k < system.moment_count(); ++k) {
      auto& at = again.emplace_back(graph_.node_count(), 0);
      for (const NodeId i : graph_.nodes()) at[i] = value[system.r(k, i)] != 0;
    }
    return again;
  }

  // ---- where the schedule is over budget

  struct Violation {
    Bytes over = 0;
    NodeId base = kNone<NodeId>;   // the base step it belongs to: itself, the next one, or none
    NodeId again = kNone<NodeId>;  // the recomputation, if it is one
  };

  [[nodiscard]] std::vector<Violation> violations(const std::vector<NodeId>& schedule,
                                                  const Simulation& simulation) const {
    std::vector<Violation> found;
    std::size_t next = 0;  // base steps done
    std::vector<Violation> pending;
    for (std::size_t p = 0; p < schedule.size(); ++p) {
      const bool first = index(schedule[p]) == next;
      const Bytes over = simulation.memory[p] - budget_;
      if (first) {
        for (Violation& v : pending) v.base = schedule[p];
        found.insert(found.end(), pending.begin(), pending.end());
        pending.clear();
        if (over > 0) found.push_back({over, schedule[p], kNone<NodeId>});
        ++next;
      } else if (over > 0) {
        pending.push_back({over, kNone<NodeId>, schedule[p]});
      }
    }
    found.insert(found.end(), pending.begin(), pending.end());
    std::ranges::stable_sort(found, std::greater{}, &Violation::over);
    return found;
  }

  Result<bool> refine(const std::vector<NodeId>& schedule, const Simulation& simulation) {
    bool changed = false;
    std::size_t added = 0;
    for (const Violation& v : violations(schedule, simulation)) {
      if (added == kMomentsPerRound) break;
      if ((v.base == kNone<NodeId> || apart(v.base)) && add(v)) {
        ++added;
        changed = true;
      }
    }
    if (changed) return true;
    for (const Violation& v : violations(schedule, simulation)) {
      if (added == kRowsPerRound) break;
      if (add(v)) ++added;
    }
    return added > 0;
  }

  // Not next to a moment that is there: neighbours are added only when nothing else is left.
  [[nodiscard]] bool apart(NodeId v) const {
    return std::ranges::none_of(spec_.moments, [&](NodeId m) {
      const auto a = index(m);
      const auto b = index(v);
      return (a > b ? a - b : b - a) < 4 && a != b;
    });
  }

  bool add(const Violation& v) {
    if (v.again == kNone<NodeId>) return add_moment(v.base);
    const std::size_t next = v.base == kNone<NodeId> ? graph_.node_count() : index(v.base);
    bool changed = v.base != kNone<NodeId> && add_moment(v.base);
    if (next > 0) changed = add_moment(id_at<NodeId>(next - 1)) || changed;
    return changed || add_row(v, next);
  }

  // A row for the recomputation just before base step `next`.
  bool add_row(const Violation& v, std::size_t next) {
    const auto behind =
        std::ranges::find_if(spec_.moments, [next](NodeId m) { return index(m) >= next; });
    if (behind == spec_.moments.begin()) return false;
    const auto k = static_cast<std::uint32_t>(behind - spec_.moments.begin() - 1);
    if (scope_ == Scope::given_order_plain_gaps) {
      if (index(spec_.moments[k]) + 1 != next) return false;
      const Instant instant{k, v.again};
      if (std::ranges::find(spec_.instants, instant) != spec_.instants.end()) return false;
      spec_.instants.push_back(instant);
      return true;
    }
    if (behind == spec_.moments.end() || v.again >= spec_.moments[k]) return false;
    if (std::ranges::find(rows_.pass, std::pair{k, v.again}) != rows_.pass.end()) return false;
    rows_.pass.emplace_back(k, v.again);
    return true;
  }

  bool add_moment(NodeId v) {
    if (spec_.moments.size() >= effort_.moments) return false;
    const auto at = std::ranges::lower_bound(spec_.moments, v);
    if (at != spec_.moments.end() && *at == v) return false;
    if (scope_ == Scope::any_order && !chained(v)) return false;
    const auto k = static_cast<std::uint32_t>(at - spec_.moments.begin());
    spec_.moments.insert(at, v);
    // Rows of a segment that is now cut in two belong to its second half.
    for (auto& [segment, node] : rows_.pass) segment += segment + 1 >= k ? 1 : 0;
    for (Instant& instant : spec_.instants) instant.moment += instant.moment + 1 >= k ? 1 : 0;
    return true;
  }

  [[nodiscard]] bool chained(NodeId v) const {
    MomentSpec spec{.scope = Scope::any_order, .moments = spec_.moments};
    spec.moments.insert(std::ranges::lower_bound(spec.moments, v), v);
    return make(spec).has_value();
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  Bytes budget_;
  Scope scope_;
  const BoundOptions& effort_;
  CutStage& stage_;
  Context& context_;
  Nanos unit_;
  std::uint64_t solver_last_work_;  // the rounds leave the other half to the tree
  std::uint64_t last_work_;
  std::int64_t incumbent_ = kNoIncumbent;
  MomentSpec spec_;
  ProgramRows rows_;
};

}  // namespace

Result<void> prove(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget,
                   Scope scope, std::optional<Nanos> incumbent, const BoundOptions& effort,
                   CutStage& stage, Context& context) {
  return Prover(graph, size, budget, scope, incumbent, effort, stage, context).run();
}

}  // namespace hcb
