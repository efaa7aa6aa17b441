// Problem instances with known results, in their exchange form (one JSON file each), as graphs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace hcb::published {

struct Row {
  Bytes budget = 0;                 // in the instance's unit, which is one byte of the graph
  std::optional<double> fraction;   // of the base peak, for reading
  std::optional<double> reference;  // extra time in % of the base time: best competitor
  std::optional<double> bound;      // proved lower bound
  std::optional<double> attained;   // a plan of this extra time is known
};

struct Instance {
  std::string name;
  Graph graph;
  std::vector<Row> rows;
  bool keep_order = true;  // what is known about it is known for the given order
};

// Errors: bad_input, naming the file. Buffers that no op makes are resident; a pinned one lives to
// the end of the step. `fused`: ops that a fusing compiler merges into their neighbours take the
// time of the cheapest op of the instance, its launch.
[[nodiscard]] Result<Instance> read_instance(const std::string& path, bool fused = false);

}  // namespace hcb::published
