// Bounds against the exhaustive search: what must hold for a graph, a budget and a scope.
#pragma once

#include <optional>
#include <string>

#include "check/certificate.h"
#include "graph/graph.h"

namespace hcb {

// The ordered graph of 5 nodes whose edge i -> j, i < j, is there where its bit of `edges` (0 to
// 1,023) is set. Each node makes one buffer; sizes and times are drawn from {0, 1, 2}. Buffers that
// nobody reads are outputs.
[[nodiscard]] Graph five_node_graph(std::uint32_t edges, std::uint64_t seed);

// The peak of the given order, nothing made again; sizes as they are.
[[nodiscard]] Bytes base_peak(const Graph& graph);

struct OracleChecks {
  bool loop = true;    // the integer stages, beside the cuts
  bool tamper = true;  // certificates altered in every place
};

struct OracleCounts {
  std::size_t cases = 0;
  std::size_t exact = 0;       // the loop reached the optimum, or showed that there is none
  std::size_t infeasible = 0;  // of these: none
  std::size_t tampered = 0;    // altered certificates tried
};

// Checks bounds and certificates in all three scopes; says what is wrong first, or nothing.
[[nodiscard]] std::string compare_with_search(const Graph& graph, Bytes budget,
                                              const OracleChecks& checks, OracleCounts& counts);

// The same under every budget below the base peak.
[[nodiscard]] std::string compare_under_every_budget(const Graph& graph, const OracleChecks& checks,
                                                     OracleCounts& counts);

// The same for small_random_graph() of 6 or 7 nodes and a budget from a third of its base peak, both
// of `seed`.
[[nodiscard]] std::string compare_random(std::uint64_t seed, const OracleChecks& checks,
                                         OracleCounts& counts);

}  // namespace hcb
