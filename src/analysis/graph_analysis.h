// Everything that the analysis of a graph alone says, as plain data: integers and names.
//
// analysis/summary.h adds what the model's file says; text and JSON (src/report) print both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/frontier.h"
#include "analysis/hcp.h"
#include "analysis/memory_bounds.h"
#include "analysis/orders.h"
#include "analysis/profile.h"

namespace hcb {

// One value alive at the peak.
struct AliveValue {
  std::string name;
  Bytes bytes = 0;
  std::string dtype;
  std::vector<std::int64_t> shape;
  Role role = Role::activation;
  std::string kept_by;  // place_text() of the last reader, or "output"
};

// The plain order of a graph: every node once.
struct PlainStep {
  Bytes peak = 0;
  std::string at;            // place_text() of the node at the first instant that reaches the peak
  std::size_t position = 0;  // of that instant in the order
  Composition composition;   // adds up to peak
  std::size_t alive = 0;     // non-resident buffers alive at the peak
  std::vector<AliveValue> top;  // most bytes first
};

// The memory lower bounds for text.
struct BoundReport {
  MemoryBounds bytes;
  std::string set_by;       // place_text() of the witness; empty: no node
  bool by_outputs = false;  // l2 is greater: all outputs together with the witness, not it alone
  std::string advice;       // what would lower it; empty: nothing known
};

struct FrontierReport {
  FrontierSummary summary;
  std::string widest_before;  // node behind the widest cut; empty: no cut
};

// What the order heuristics make of the graph.
struct OrderReport {
  struct Entry {
    std::string name;
    Bytes peak = 0;
  };
  std::vector<Entry> compared;         // the given order first
  std::size_t best = 0;                // index of the one of least peak, carried on below
  std::vector<std::string> not_tried;  // for graphs of this size
  std::vector<NodeId> order;           // the best one

  // Bytes by which the best order's peak lies below the given one's.
  [[nodiscard]] Bytes saves() const {
    return compared.empty() ? 0 : compared.front().peak - compared[best].peak;
  }
};

// One cut of the whole step in the best order.
struct CutReport {
  std::size_t cut = 0;  // nodes before it, less one
  std::string before;   // the node behind it
  Bytes bytes = 0;
  std::size_t buffers = 0;
  std::vector<std::string> largest;  // at most three names, most bytes first
};

struct GraphAnalysis {
  PlainStep step;  // in the given order
  Nanos base_time = 0;
  BoundReport bound;
  // step.peak / bound.bytes.bound in 1/10000, rounded down: 10000, nothing to gain; 0: no bound.
  std::int64_t memory_ratio_permyriad = 0;
  FrontierReport forward_frontier;  // both in the given order
  FrontierReport frontier;
  OrderReport orders;
  HcpEvaluation hcp;            // in the best order
  std::vector<CutReport> cuts;  // in the best order
};

struct GraphAnalysisOptions {
  Bytes alignment = 512;           // every buffer is rounded up to a multiple of this; > 0
  std::size_t top = 10;            // how many values alive at the peak are named
  std::size_t cuts = 16;           // how many cuts are described beside the widest; 0: none at all
  std::vector<std::string> seeds;  // names of the values the backward starts at, for advice
  bool structure = true;           // false: frontiers, orders, hcp and cuts stay empty
};

// Errors: those of rounded_sizes() and simulate(). O((nodes + edges + buffers) · log² nodes).
[[nodiscard]] Result<GraphAnalysis> analyze_graph(const Graph& graph,
                                                  const GraphAnalysisOptions& options = {});

// The plain step alone. `size`: rounded sizes; `top` as above. Errors: those of simulate().
[[nodiscard]] Result<PlainStep> plain_step(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size, std::size_t top);

// The memory lower bounds with the node that sets them and what would lower them. `size`: rounded
// sizes; `seeds`: names of the values the backward starts at. Cost of memory_lower_bounds().
[[nodiscard]] BoundReport lower_bound_report(const Graph& graph,
                                             const IdVector<BufferId, Bytes>& size,
                                             const std::vector<std::string>& seeds = {});

// How a node is named to people: "backward of /h.11/attn/MatMul_1" if it is a backward node whose
// forward node is known, else its name; with the op where the name does not tell it: "n17 (Conv)".
[[nodiscard]] std::string place_text(const Graph& graph, NodeId node);

}  // namespace hcb
