// Random graphs with every feature of the memory model: views, several outputs, stash, workspaces,
// storage larger than its tensor, storage taken over, effects, nodes that may run once only, order
// edges.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "graph/graph.h"

namespace hcb {

// What a random graph may contain; percentages of the nodes (or of the draws) that have the
// feature.
struct RandomGraphOptions {
  std::int64_t max_elements = 16;  // of a float32 value, at least 1; a node takes 0 … 20 ns
  int skips = 20;                  // an input from anywhere instead of one of the last four values
  int parameters = 50;    // a parameter as well, one time in eight one that was used before
  int views = 10;         // a view of the whole input or of a part of it
  int more_outputs = 15;  // a second or third output, perhaps read by nobody
  int stash = 15;
  int workspace = 15;
  int padding = 10;  // storage larger than shape × dtype
  int in_place = 8;  // output 0 takes over the storage of input 0
  int random = 5;
  int effects = 5;
  int never_replay = 3;  // forward nodes that may run once only
  int order_edges = 4;
  bool optimizer = false;  // parameters are updated in place at the end; else gradients are outputs
};

// A forward graph with `nodes` nodes: some of its unread values are outputs, always the last one.
// The same arguments give the same graph on every machine.
[[nodiscard]] Result<Graph> random_forward(std::uint64_t seed, std::size_t nodes,
                                           const RandomGraphOptions& options = {});

// The training graph (generate/training_builder.h) of such a graph and a loss: `forward_nodes` + 1
// forward nodes, the seed, a backward node for each node the loss depends on and that leads to a
// parameter, and the sums of gradients.
[[nodiscard]] Result<Graph> random_training(std::uint64_t seed, std::size_t forward_nodes,
                                            const RandomGraphOptions& options = {});

}  // namespace hcb
