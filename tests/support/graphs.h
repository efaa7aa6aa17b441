// Graphs for tests and benchmarks, made through GraphBuilder. The same arguments give the same
// graph on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "generate/random.h"
#include "graph/graph.h"

namespace hcb {

// Forward nodes f0 … f{length-1}: f_i reads y_{i-1} (f0: x) and makes y_i; 1 byte and 1 ns each.
// Nothing is trained.
[[nodiscard]] Graph forward_chain(std::size_t length);

// The unit chain: the training graph of a chain on which the costs of height compression are exact
// (the gradient with respect to the resident input x is the only output). Every value is 1 byte,
// every node takes 1 ns, alignment is to be 1.
//
//     f_i   reads y_{i-1} (f_0: x)             makes y_i         forward, i = 0 … L-1
//     seed  reads y_{L-1}                      makes dy_{L-1}    backward
//     g_i   reads dy_i, y_{i-1} (g_0: x), y_i  makes dy_{i-1}    backward, i = L-1 … 0
//
// dy_{-1} is named dx. Node ids: f_i is i, seed L, g_i 2L - i. A backward node reads the input and
// the output of its forward node, so that every replay the interval tree emits is needed. With
// block 1, L = 2^e and arity 2 the tightest instant is g_{L-1}: x, the e frontiers on the path,
// y_{L-1}, dy_{L-1} and dy_{L-2}. Forward executions and the most executions of one node beside the
// peak:
//
//     plain order             peak L + 3      L                at most 1
//     tree of arity 2         peak e + 4      L (1 + e/2)      at most e + 1 (f_0)
//     tree of arity √L        peak 2√L + 2    L (3 - 2/√L)     at most 3        L = 4, 16, 64 …
//
// all peaks with x, the one resident byte, counted. (A backward that reads its input alone needs
// one byte less in each row, one that reads its output alone one byte less in the two tree rows
// once L >= 2.)
[[nodiscard]] Graph unit_chain(std::size_t length);  // length >= 1

// A forward graph with `nodes` nodes: some of its unread values are outputs, always the last one.
[[nodiscard]] Graph random_dag(std::uint64_t seed, std::size_t nodes,
                               const RandomGraphOptions& options = {});

// The training graph (support/autodiff.h) of such a graph and a loss: `forward_nodes` + 1 forward
// nodes, the seed, a backward node for each node the loss depends on and that leads to a parameter,
// and the sums of gradients.
[[nodiscard]] Graph random_training_graph(std::uint64_t seed, std::size_t forward_nodes,
                                          const RandomGraphOptions& options = {});

// A forward graph of `layers` layers of `width` nodes; a node reads one to three values of the
// layer before. The values of the last layer are outputs. Random sizes and times. Re-ordering
// matters here.
[[nodiscard]] Graph layered_graph(std::uint64_t seed, std::size_t layers, std::size_t width);

// The training graph of one source read by `branches` nodes with a parameter each, which one node
// joins: a node with `branches` inputs, a value with as many consumers, and a left fold of
// `branches` - 1 gradient sums.
[[nodiscard]] Graph wide_graph(std::size_t branches);

// The training graph of a decoder on `tokens` tokens of width 256: `layers` layers of 18 forward nodes
// (two residual sums, two norms, attention, views; with backward and gradient sums 40 nodes), a
// mask made in the graph that every layer reads, and `tail` pointwise nodes before the loss. 6 + 40
// · layers + 2 · tail nodes.
[[nodiscard]] Graph transformer_graph(std::size_t layers, std::size_t tail = 0,
                                      std::int64_t tokens = 64);

// transformer_graph with exactly 100,000 nodes. Parameters and their gradients make its peak.
[[nodiscard]] Graph training_100k();

}  // namespace hcb
