// Every candidate moment is priced once from the price of the best so far; moments whose two
// enclosing lines meet below the `keep`-th best are dropped early. Invariant: `best` is sorted.
#include "schedule/bounds/cut_stage.h"

#include <algorithm>

#include "schedule/bounds/candidates.h"
#include "schedule/bounds/placement.h"

namespace hcb {
namespace {

constexpr std::size_t kPriceAll = 2000;  // nodes up to which every moment is a candidate
constexpr std::size_t kFirstStep = 128;

class Stage {
 public:
  Stage(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget, Scope scope,
        std::size_t keep, Context& context)
      : graph_(graph), size_(size), budget_(budget), keep_(keep), context_(context) {
    result_.scale = scale_for(graph);
    result_.bound.scope = scope;
  }

  Result<CutStage> run() && {
    HCB_TRY(const auto candidates, moment_candidates(graph_, size_, budget_));
    if (!candidates.empty()) HCB_CHECK(outputs_fit(candidates.front()));
    if (result_.bound.status == BoundStatus::infeasible) return std::move(result_);
    for (const NodeId v : candidates) {
      HCB_CHECK(context_.check());
      HCB_CHECK(price(v));
      if (result_.bound.status == BoundStatus::infeasible) return std::move(result_);
      if (context_.exhausted()) break;
    }
    HCB_CHECK(climb(candidates));
    if (result_.bound.status == BoundStatus::infeasible) return std::move(result_);
    if (!result_.best.empty() && result_.best.front().value > 0) HCB_CHECK(conclude());
    return std::move(result_);
  }

 private:
  [[nodiscard]] Result<MomentSystem> system_at(NodeId v) const {
    return MomentSystem::make(graph_, size_, budget_,
                              {.scope = result_.bound.scope, .moments = {v}});
  }

  Result<void> price(NodeId v) {
    HCB_TRY(const MomentSystem system, system_at(v));
    MomentCut cut(system, result_.scale);
    if (system.capacity(0) < 0 || hopeless(cut)) return infeasible(cut);
    const auto& best = result_.best;
    const std::int64_t enough = best.size() < keep_ ? -1 : best.back().value;
    const std::int64_t guess = best.empty() ? first_guess(cut) : best.front().line.price;
    const auto line = cut.maximise(guess, enough, context_);
    if (!line) return {};
    if (line->price == cut.max_price() && cut.least_bytes(context_) > system.capacity(0))
      return infeasible(cut);
    insert({v, *line, cut.value(*line, line->price)});
    return {};
  }

  // From the best moment to better ones beside it, by halving steps; on small graphs every moment
  // has been tried already.
  Result<void> climb(const std::vector<NodeId>& candidates) {
    if (graph_.node_count() <= kPriceAll) return {};
    std::vector<char> tried(graph_.node_count(), 0);
    for (const NodeId v : candidates) tried[index(v)] = 1;
    for (std::size_t step = kFirstStep; step > 0 && !result_.best.empty(); step /= 2) {
      const std::size_t at = index(result_.best.front().moment);
      for (const std::size_t next : {at - step, at + step}) {
        if (next >= tried.size() || tried[next]) continue;
        tried[next] = 1;
        HCB_CHECK(context_.check());
        if (context_.exhausted()) return {};
        HCB_CHECK(price(id_at<NodeId>(next)));
        if (result_.bound.status == BoundStatus::infeasible) return {};
      }
    }
    return {};
  }

  // At the end of the step all outputs are in memory, whatever the moment says.
  Result<void> outputs_fit(NodeId any) {
    HCB_TRY(const MomentSystem system, system_at(any));
    HCB_TRY(const Row end, system.row({RowKind::end}));
    if (end.least <= 0) return {};
    BoundResult& bound = result_.bound;
    bound.status = BoundStatus::infeasible;
    bound.over = end.least;
    for (const BufferId b : graph_.buffers()) {
      if (graph_.is_output(b) && !graph_.resident(b)) bound.moment = graph_.owner(b);
    }
    Certificate proof = empty_certificate(any);
    proof.pool = {{{{.kind = RowKind::end}, 1}}};
    proof.tree = {{.infeasible = true}};
    return accept(std::move(proof));
  }

  // More bytes are unrepeatable and needed than there is room for.
  [[nodiscard]] static bool hopeless(const MomentCut& cut) {
    const MomentSystem& system = cut.system();
    Bytes held = 0;
    for (const BufferId b : system.graph().buffers()) {
      if (system.needed(0, b) && system.graph().flags(system.graph().owner(b)).never_replay)
        held += system.sure_bytes(b);
    }
    return held > system.capacity(0);
  }

  // Recomputing everything for all bytes.
  [[nodiscard]] std::int64_t first_guess(const MomentCut& cut) const {
    std::int64_t total = 0;
    for (const NodeId n : graph_.nodes()) total += graph_.cost(n).time / result_.scale.unit;
    return (total << result_.scale.log2) / std::max<Bytes>(cut.keep_all().bytes, 1);
  }

  void insert(const RankedMoment& ranked) {
    auto& best = result_.best;
    const auto at = std::ranges::find_if(
        best, [&](const RankedMoment& other) { return other.value < ranked.value; });
    best.insert(at, ranked);
    if (best.size() > keep_) best.pop_back();
  }

  Result<void> infeasible(MomentCut& cut) {
    const Bytes capacity = cut.system().capacity(0);
    Certificate proof = empty_certificate(cut.system().spec().moments.front());
    BoundResult& bound = result_.bound;
    bound.status = BoundStatus::infeasible;
    bound.moment = cut.system().spec().moments.front();
    bound.over = -capacity;
    if (capacity < 0) {
      proof.pool = {{{{.kind = RowKind::capacity}, 1}}};
    } else {
      bound.over = cut.least_bytes(context_) - capacity;
      proof.pool = {cut.multipliers(1)};
    }
    proof.tree = {{.infeasible = true}};
    return accept(std::move(proof));
  }

  Result<void> conclude() {
    const RankedMoment& top = result_.best.front();
    HCB_TRY(const MomentSystem system, system_at(top.moment));
    MomentCut cut(system, result_.scale);
    cut.evaluate(top.line.price, context_);
    Certificate proof = empty_certificate(top.moment);
    proof.pool = {cut.multipliers(top.line.price)};
    proof.tree = {ProofNode{}};
    result_.bound.moment = top.moment;
    result_.bound.price_nanos = top.line.price * result_.scale.unit;
    result_.bound.price_bytes = std::int64_t{1} << result_.scale.log2;
    IdVector<BufferId, char> kept(graph_.buffer_count(), 0);
    for (const BufferId b : cut.kept()) kept[b] = 1;
    result_.bound.schedules.push_back(place_late(system, {kept}));
    return accept(std::move(proof));
  }

  [[nodiscard]] Certificate empty_certificate(NodeId v) const {
    return {.spec = {.scope = result_.bound.scope, .moments = {v}},
            .budget = budget_,
            .denominator_log2 = result_.scale.log2};
  }

  Result<void> accept(Certificate proof) {
    HCB_TRY(const CertifiedBound proved, verify(graph_, size_, proof));
    result_.bound.extra_time = proved.extra_time;
    result_.bound.certificate = std::move(proof);
    if (proved.infeasible == (result_.bound.status == BoundStatus::infeasible)) return {};
    return fail(ErrorKind::internal, "the certificate of a cut proves something else");
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  Bytes budget_;
  std::size_t keep_;
  Context& context_;
  CutStage result_;
};

}  // namespace

Result<CutStage> run_cut_stage(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                               Bytes budget, Scope scope, std::size_t keep, Context& context) {
  return Stage(graph, size, budget, scope, keep, context).run();
}

Result<BoundResult> cut_bound(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                              Bytes budget, Scope scope, Context& context) {
  const std::uint64_t before = context.work();
  HCB_TRY(CutStage stage, run_cut_stage(graph, size, budget, scope, 1, context));
  stage.bound.work = context.work() - before;
  return std::move(stage.bound);
}

}  // namespace hcb
