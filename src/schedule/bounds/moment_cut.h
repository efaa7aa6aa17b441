// One moment, relaxed and priced: a minimum cut per price of a byte, maximised over prices.
//
//     source ──inf──> b ──price · bytes──> owner(b) ──D · cost──> sink       b needed after v
//                     ^                        │
//                     └──────────inf───────────┘ for the other inputs of owner(b)
//
// At price p the least cut is the cheapest way to keep (cut at b) or make again (cut at owner(b))
// what is needed after v, bytes paid at p; cut(p) - p · capacity is a lower bound for every p.
// Concave in p and piecewise linear: the two lines that enclose the maximum are intersected until
// no new line is found (Newton's method on the slopes). Source: docs/theory-bounds.md, theorem 1.
#pragma once

#include <optional>
#include <vector>

#include "check/certificate.h"
#include "schedule/bounds/max_flow.h"

namespace hcb {

// Fixed-point scale of all multipliers: value · 2^-log2. Costs in units of time_unit(graph).
struct Scale {
  std::uint32_t log2 = 0;
  Nanos unit = 1;
};
[[nodiscard]] Scale scale_for(const Graph& graph);

// What a price gives: the cut is cost + price · bytes, with cost in scaled units.
struct CutLine {
  std::int64_t price = 0;
  std::int64_t cost = 0;
  Bytes bytes = 0;
};

class MomentCut {
 public:
  // `system` has one moment and must outlive this. Prices stay below max_price().
  MomentCut(const MomentSystem& system, const Scale& scale);

  [[nodiscard]] const MomentSystem& system() const { return system_; }
  [[nodiscard]] std::int64_t max_price() const { return max_price_; }
  // Nothing recomputed: what is needed is kept.
  [[nodiscard]] CutLine keep_all() const { return {0, 0, needed_bytes_}; }
  // The value of a line at a price, less what the budget allows: scaled units.
  [[nodiscard]] std::int64_t value(const CutLine& line, std::int64_t price) const {
    return line.cost + price * (line.bytes - system_.capacity(0));
  }

  // Least cut at a price in [0, max_price()].
  CutLine evaluate(std::int64_t price, Context& context);

  // The best price, from a guess (0: none). nullopt: the bound cannot exceed `enough` (scaled).
  std::optional<CutLine> maximise(std::int64_t guess, std::int64_t enough, Context& context);

  // The least bytes at v if recomputing were free; more than the capacity: nothing fits.
  Bytes least_bytes(Context& context);

  // Multipliers of the last evaluate() or least_bytes(): flows and the price.
  [[nodiscard]] std::vector<Multiplier> multipliers(std::int64_t price) const;
  // Nodes recomputed in the last cut, ascending.
  [[nodiscard]] std::vector<NodeId> recomputed() const;
  // Buffers kept in the last cut, ascending.
  [[nodiscard]] std::vector<BufferId> kept() const;
  // Scaled cost of i less the flow through it: what forcing i to run again adds at the least.
  [[nodiscard]] std::int64_t reduced_cost(NodeId i) const;

  // For evaluate(), from now on: i surely runs again, surely does not, or may.
  void force(NodeId i, bool runs_again);
  void forbid(NodeId i, bool never);
  [[nodiscard]] const std::vector<NodeId>& nodes() const { return nodes_; }

 private:
  struct KeepArc {
    BufferId buffer;
    std::size_t arc;
  };
  struct InputArc {
    NodeId node;
    BufferId buffer;
    std::size_t arc;
  };

  [[nodiscard]] std::uint32_t of(NodeId i) const { return node_index_[i]; }
  [[nodiscard]] std::uint32_t of(BufferId b) const { return buffer_index_[b]; }
  void number_parts();
  void add_arcs(const Scale& scale);

  const MomentSystem& system_;
  std::vector<NodeId> nodes_;      // before v
  std::vector<BufferId> buffers_;  // open at v
  IdVector<NodeId, std::uint32_t> node_index_;
  IdVector<BufferId, std::uint32_t> buffer_index_;
  std::optional<FlowNetwork> network_;
  std::vector<KeepArc> need_;     // source -> b
  std::vector<KeepArc> keep_;     // b -> owner
  std::vector<InputArc> input_;   // i -> b
  std::vector<std::size_t> run_;  // i -> sink, by position in nodes_
  std::vector<std::size_t> forced_;
  std::vector<std::int64_t> cost_;
  std::vector<char> forbidden_;
  Bytes needed_bytes_ = 0;
  std::int64_t max_price_ = 0;
};

}  // namespace hcb
