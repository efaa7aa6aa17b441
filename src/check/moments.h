// Moments: the linear rows that every schedule under a byte budget satisfies, read off the graph.
//
// A moment is the first execution of a node v. By then a set P of nodes has surely run and a set N
// surely has not, so whatever N still needs is in memory at that instant or is made again later:
//
//     in(v) ──> v            x[b] = 1   b is in memory at v
//     P ──> b ──> N          r[i] = 1   i of P runs again later, at cost c_i
//                            x[b] + r[owner(b)] >= 1,   Σ bytes(b) x[b] <= what the budget leaves
//
// Several moments v_0, v_1, … at increasing times cut the schedule into segments; segment k runs
// from v_k to v_{k+1}, the last one to the end. Variables, all 0 or 1 in every schedule:
//
//     r[k,i]    i, which ran before v_k, runs again in segment k        (the only ones that cost)
//     t[k,i]    i, which ran before v_k, runs again in segment k or later    (in the last: r)
//     x[k,b]    b is in memory at v_k and is used there or later before it is made again
//     y[k,b]    b is in memory throughout segment k
//     l[j,b]    b is in memory at instant j, a recomputation between two neighbouring base steps
//
// Statement and proof of every row: docs/theory-bounds.md. This file is the only place that knows
// the rows; certificates name them, and the planner's linear programs are made of them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "graph/graph.h"
#include "plan/scope.h"

namespace hcb {

enum class RowKind : std::uint8_t {
  capacity,       // k:        -Σ bytes x[k,b] >= -C_k
  need,           // k, b:     x[k,b] + t[k,owner] >= 1               b needed after v_k
  input,          // k, i, b:  x[k,b] + t[k,owner] - t[k,i] >= 0      i reads b
  segment_need,   // k, b:     x[k,b] + r[k,owner] >= 1               b read in segment k
  segment_input,  // k, i, b:  x[k,b] + r[k,owner] - r[k,i] >= 0
  hold,           // k, b:     x[k,b] + r[k,owner] - x[k+1,b] >= 0
  suffix_least,   // k, i:     t[k,i] - r[k,i] >= 0
  suffix_later,   // k, i:     t[k,i] - t[k+1,i] >= 0
  suffix_most,    // k, i:     Σ_{j >= k} r[j,i] - t[k,i] >= 0
  across,         // k, b:     y[k,b] - x[k,b] - x[k+1,b] + r[k,owner] >= -1
  pass,           // k, i:     -Σ bytes y[k,b] - (bytes of i) r[k,i] >= -(budget - resident)
  instant_after,  // j, b:     l[j,b] - x[k+1,b] (+ r[k,owner], where it runs behind i) >= 0
  instant_reader,  // j, i, b:  l[j,b] - r[k,i] >= 0                   i reads b, at or behind j's node
  instant_cap,     // j:        -Σ bytes l[j,b] - (new bytes of i) r[k,i] >= -(budget - resident)
  end,      // 0 >= Σ bytes of outputs - (budget - resident): all of them are there at the end
  rounded,  // row `at` that a certificate makes of others by rounding: rounding.h
};
inline constexpr std::size_t kRowKinds = 16;
[[nodiscard]] std::string_view name(RowKind kind);

// Names one row. `at` is a moment, an instant (the kinds that are named so), 0 (end) or the number of
// a rounded row.
struct RowRef {
  RowKind kind = RowKind::capacity;
  std::uint32_t at = 0;
  NodeId node = kNone<NodeId>;
  BufferId buffer = kNone<BufferId>;
  friend auto operator<=>(const RowRef&, const RowRef&) = default;
};

// A recomputation of `node` in segment `moment`, whose moments are neighbouring base steps; or, in
// the last segment, one behind the last base step.
struct Instant {
  std::uint32_t moment = 0;
  NodeId node = kNone<NodeId>;
  friend auto operator<=>(const Instant&, const Instant&) = default;
};

// One variable, by name.
struct VariableRef {
  enum class Kind : std::uint8_t { r, t, x, y, l };
  Kind kind = Kind::r;
  std::uint32_t at = 0;  // moment, or instant (l)
  std::uint32_t id = 0;  // node (r, t) or buffer (x, y, l)
  friend auto operator<=>(const VariableRef&, const VariableRef&) = default;
};

struct Term {
  std::uint32_t variable = 0;
  std::int64_t coefficient = 0;
};

// Σ terms >= least.
struct Row {
  std::vector<Term> terms;
  std::int64_t least = 0;
};

// What the rows are about.
struct MomentSpec {
  Scope scope = Scope::any_order;
  std::vector<NodeId> moments;    // at increasing times, at least one
  std::vector<Instant> instants;  // given_order_plain_gaps only
  friend bool operator==(const MomentSpec&, const MomentSpec&) = default;
};

class MomentSystem {
 public:
  // Errors (check_failed): no moment; moments not increasing (given orders) or not each an ancestor
  // of the next (any order); an instant whose segment is not between neighbouring base steps, or
  // outside given_order_plain_gaps; residents or sizes that overflow.
  // `size`: rounded. O(moments · (nodes + edges)).
  [[nodiscard]] static Result<MomentSystem> make(const Graph& graph,
                                                 const IdVector<BufferId, Bytes>& size,
                                                 Bytes budget, MomentSpec spec);

  [[nodiscard]] const MomentSpec& spec() const { return spec_; }
  [[nodiscard]] std::size_t moment_count() const { return spec_.moments.size(); }
  [[nodiscard]] const Graph& graph() const { return *graph_; }

  // Variables are numbered densely, whether a row mentions them or not.
  [[nodiscard]] std::size_t variable_count() const;
  [[nodiscard]] std::uint32_t r(std::size_t k, NodeId i) const;
  [[nodiscard]] std::uint32_t t(std::size_t k, NodeId i) const;  // r in the last segment
  [[nodiscard]] std::uint32_t x(std::size_t k, BufferId b) const;
  [[nodiscard]] std::uint32_t y(std::size_t k, BufferId b) const;
  [[nodiscard]] std::uint32_t l(std::size_t j, BufferId b) const;

  // Errors (check_failed): a moment, instant, node or buffer that is not there.
  [[nodiscard]] Result<std::uint32_t> variable(const VariableRef& ref) const;
  // Its name; in the last segment t is called r.
  [[nodiscard]] VariableRef named(std::uint32_t variable) const;

  // The box of a variable is [low, high], both 0 or 1; `recomputes` is whether it is an r, and of
  // which node.
  [[nodiscard]] std::vector<std::int8_t> lows() const;
  [[nodiscard]] std::vector<std::int8_t> highs() const;
  [[nodiscard]] NodeId recomputed(std::uint32_t variable) const;  // kNone: no r variable

  // Nodes that have surely run, or surely not run, at moment k.
  [[nodiscard]] bool before(std::size_t k, NodeId n) const { return before_[k][n] != 0; }
  [[nodiscard]] bool after(std::size_t k, NodeId n) const { return after_[k][n] != 0; }
  [[nodiscard]] bool reads(std::size_t k, BufferId b) const { return read_[k][b] != 0; }
  // Made before k and not read by v_k: its presence is a question.
  [[nodiscard]] bool open(std::size_t k, BufferId b) const;
  // Open, and needed after k.
  [[nodiscard]] bool needed(std::size_t k, BufferId b) const;
  // Open, and read by a node that surely runs first in segment k (not the last one).
  [[nodiscard]] bool needed_in_segment(std::size_t k, BufferId b) const;
  [[nodiscard]] bool replayable(std::size_t k, NodeId i) const;  // before k, and may run again

  // Is segment k the gap between two neighbouring base steps, or behind the last one?
  [[nodiscard]] bool is_gap(std::size_t k) const;

  // What the budget leaves at v_k beside residents and what v_k itself touches; may be negative.
  [[nodiscard]] Bytes capacity(std::size_t k) const { return capacity_[k]; }
  // Bytes that b surely occupies while it is in memory: 0 where it lives in a resident's storage.
  [[nodiscard]] Bytes sure_bytes(BufferId b) const { return sure_[b]; }

  // The row, or an error (check_failed) that says why the graph has no such row. Capacity, pass and
  // instant_cap rows cost O(buffers), suffix_most O(moments), the others O(degree).
  [[nodiscard]] Result<Row> row(const RowRef& ref) const;

 private:
  MomentSystem() = default;
  Result<void> place_moments();
  Result<void> place_instants() const;
  Result<void> set_capacities(Bytes budget, const IdVector<BufferId, Bytes>& size);
  [[nodiscard]] bool suffix_is_last(std::size_t k) const { return k + 1 == moment_count(); }
  [[nodiscard]] Bytes fresh_bytes(NodeId n) const;  // surely allocated by n, and its workspace
  [[nodiscard]] Bytes input_bytes(NodeId n) const;
  [[nodiscard]] bool reads_buffer(NodeId n, BufferId b) const;
  [[nodiscard]] Result<Row> instant_row(const RowRef& ref) const;

  const Graph* graph_ = nullptr;
  MomentSpec spec_;
  Bytes free_bytes_ = 0;  // budget - resident
  IdVector<BufferId, Bytes> sure_;
  std::vector<IdVector<NodeId, char>> before_;  // by moment
  std::vector<IdVector<NodeId, char>> after_;
  std::vector<IdVector<BufferId, char>> read_;
  std::vector<Bytes> capacity_;
};

}  // namespace hcb
