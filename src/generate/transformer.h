// The decoder of a language model.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "graph/graph.h"

namespace hcb {

struct TransformerOptions {
  std::size_t tail = 0;      // pointwise nodes behind the last layer
  std::int64_t tokens = 64;  // of width 256
  bool training = true;      // else the forward nodes alone
};

// `layers` layers of 18 forward nodes (two residual sums, two norms, attention, views; with backward
// and gradient sums 40 nodes) and a mask made in the graph that every layer reads. 2 + 18 · layers +
// tail forward nodes; as a training graph 6 + 40 · layers + 2 · tail nodes.
[[nodiscard]] Result<Graph> transformer(std::size_t layers, const TransformerOptions& options);

}  // namespace hcb
