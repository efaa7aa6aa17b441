// A graph of few nodes with its calls, for tests of kernels: bound, and run once on LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/calls.h"
#include "step_run.h"

namespace hcb::test {

struct CalledGraph {
  Graph graph;
  Calls calls;
};

// Row-major float32.
[[nodiscard]] TensorSpec floats(std::vector<std::int64_t> shape);

// What binding the nodes to kernels says; empty: nothing.
[[nodiscard]] std::string bind_error(const CalledGraph& given);

// Every node once; `x` is the first value, the only resident.
[[nodiscard]] Result<RunReport> run(const CalledGraph& given, const Handle& x);

}  // namespace hcb::test
