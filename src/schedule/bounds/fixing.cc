#include "schedule/bounds/fixing.h"

#include <algorithm>

#include "schedule/bounds/moment_cut.h"

namespace hcb {
namespace {

constexpr int kRounds = 3;

class Fixer {
 public:
  Fixer(const MomentSystem& system, const IdVector<BufferId, Bytes>& size, Bytes budget,
        std::int64_t incumbent, std::uint32_t log2, Context& context)
      : system_(system),
        graph_(system.graph()),
        size_(size),
        budget_(budget),
        incumbent_(incumbent),
        scale_(scale_for(graph_)),
        shift_(log2 - scale_.log2),
        context_(context),
        later_(graph_.node_count(), 0) {}

  Result<Fixings> run() && {
    for (std::uint32_t k = 0; k < system_.moment_count(); ++k) {
      carry_over(k);
      HCB_CHECK(price(k));
      if (k + 1 < system_.moment_count()) carry_into_segment(k);
    }
    return std::move(fixings_);
  }

 private:
  [[nodiscard]] bool last(std::uint32_t k) const { return k + 1 == system_.moment_count(); }

  [[nodiscard]] bool closes(std::int64_t value) const {
    return static_cast<__int128>(value) > (static_cast<__int128>(incumbent_ - 1) << scale_.log2);
  }

  [[nodiscard]] static VariableRef named(VariableRef::Kind kind, std::uint32_t k, NodeId i) {
    return {kind, k, static_cast<std::uint32_t>(index(i))};
  }

  void never_by_row(VariableRef::Kind kind, std::uint32_t k, NodeId i, RowRef row) {
    fixings_.add(named(kind, k, i), false, true, {{row, 1}});
  }

  // Never again after moment k - 1: not after moment k either.
  void carry_over(std::uint32_t k) {
    if (k == 0) return;
    for (const NodeId i : graph_.nodes()) {
      if (later_[i]) never_by_row(VariableRef::Kind::t, k, i, {RowKind::suffix_later, k - 1, i});
    }
  }

  void carry_into_segment(std::uint32_t k) {
    for (const NodeId i : graph_.nodes()) {
      if (later_[i]) never_by_row(VariableRef::Kind::r, k, i, {RowKind::suffix_least, k, i});
    }
  }

  Result<void> price(std::uint32_t k) {
    const NodeId v = system_.spec().moments[k];
    HCB_TRY(const MomentSystem single,
            MomentSystem::make(graph_, size_, budget_,
                               {.scope = system_.spec().scope, .moments = {v}}));
    if (single.capacity(0) < 0) return {};
    MomentCut cut(single, scale_);
    sure_.assign(graph_.node_count(), 0);
    for (const NodeId i : cut.nodes()) {
      if (later_[i]) cut.forbid(i, true);
    }
    std::int64_t guess = 0;
    for (int round = 0; round < kRounds; ++round) {
      const auto line = cut.maximise(guess, -1, context_);
      if (!line || line->price == 0 || line->price > (cut.max_price() >> shift_)) break;
      const std::int64_t base = cut.value(*line, line->price);
      const std::size_t before = fixings_.items.size();
      if (closes(base)) break;
      probe_all(k, cut, line->price, base);
      if (fixings_.items.size() == before) break;
      guess = line->price;
    }
    return {};
  }

  void probe_all(std::uint32_t k, MomentCut& cut, std::int64_t price, std::int64_t base) {
    const std::vector<NodeId> again = cut.recomputed();
    const std::vector<NodeId> open = fix_by_reduced_cost(k, cut, price, base);
    for (const NodeId i : again) {
      if (!later_[i] && !sure_[i] && cut.system().replayable(0, i)) probe_never(k, cut, price, i);
    }
    for (const NodeId i : open) {
      if (!std::ranges::binary_search(again, i)) probe(k, cut, price, i);
    }
  }

  [[nodiscard]] std::vector<Multiplier> multipliers(std::uint32_t k, const MomentCut& cut,
                                                    std::int64_t price) const {
    auto list = cut.multipliers(price);
    for (Multiplier& m : list) {
      m.row.at = k;
      m.value <<= shift_;
    }
    if (!last(k)) add_suffixes(k, cut, list);
    return list;
  }

  // The cut charges t[k,i], which costs what the r of segment k and later cost.
  void add_suffixes(std::uint32_t k, const MomentCut& cut, std::vector<Multiplier>& list) const {
    for (const NodeId i : cut.nodes()) {
      if (!cut.system().replayable(0, i) || graph_.cost(i).time == 0) continue;
      const std::int64_t scaled = (graph_.cost(i).time / scale_.unit) << scale_.log2;
      list.push_back({{RowKind::suffix_most, k, i}, scaled << shift_});
    }
  }

  // Those that are not fixed.
  std::vector<NodeId> fix_by_reduced_cost(std::uint32_t k, MomentCut& cut, std::int64_t price,
                                          std::int64_t base) {
    std::vector<NodeId> open;
    fixings_.lists.push_back(multipliers(k, cut, price));
    const auto why = static_cast<std::uint32_t>(fixings_.lists.size() - 1);
    for (const NodeId i : cut.nodes()) {
      if (later_[i] || sure_[i] || !cut.system().replayable(0, i)) continue;
      if (closes(base + cut.reduced_cost(i))) {
        fixings_.items.push_back({named(VariableRef::Kind::t, k, i), why});
        never(cut, i);
      } else {
        open.push_back(i);
      }
    }
    return open;
  }

  void never(MomentCut& cut, NodeId i) {
    later_[i] = 1;
    cut.forbid(i, true);
  }

  void probe(std::uint32_t k, MomentCut& cut, std::int64_t price, NodeId i) {
    cut.force(i, true);
    const bool out = fix_if_closed(k, cut, price, i, false);
    cut.force(i, false);
    if (out) never(cut, i);
  }

  void probe_never(std::uint32_t k, MomentCut& cut, std::int64_t price, NodeId i) {
    cut.forbid(i, true);
    const bool in = fix_if_closed(k, cut, price, i, true);
    cut.forbid(i, false);
    if (!in) return;
    sure_[i] = 1;
    cut.force(i, true);
  }

  // Fixes i to `one` where the cut, with the other value in force, reaches the incumbent.
  bool fix_if_closed(std::uint32_t k, MomentCut& cut, std::int64_t price, NodeId i, bool one) {
    const CutLine line = cut.evaluate(price, context_);
    if (!closes(cut.value(line, price))) return false;
    fixings_.add(named(VariableRef::Kind::t, k, i), one, false, multipliers(k, cut, price));
    return true;
  }

  const MomentSystem& system_;
  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  Bytes budget_;
  std::int64_t incumbent_;
  Scale scale_;
  std::uint32_t shift_;
  Context& context_;
  IdVector<NodeId, char> later_;  // fixed: not again from here on
  IdVector<NodeId, char> sure_;   // fixed: again behind the moment that is looked at
  Fixings fixings_;
};

}  // namespace

Result<Fixings> fix_against(const MomentSystem& system, const IdVector<BufferId, Bytes>& size,
                            Bytes budget, std::int64_t incumbent, std::uint32_t log2,
                            Context& context) {
  return Fixer(system, size, budget, incumbent, log2, context).run();
}

}  // namespace hcb
