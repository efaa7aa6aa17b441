// What the executor knows of tensors and ops: nothing but these interfaces.
//
// A Handle is one reference to a tensor of whatever library runs the ops; the last reference to a
// storage that goes away gives its bytes back. A Kernel is one node made ready to run. The executor
// moves handles between slots and kernels and never looks inside.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "graph/graph.h"

namespace hcb {

using Handle = std::shared_ptr<void>;

inline constexpr int kFreshStorage = -1;

// One execution of a node.
struct KernelCall {
  // In argument order; nullptr: an omitted optional argument (or, for view(), one that is gone).
  std::span<const Handle* const> inputs;
  // By output: the position of the input whose storage it is to take over (that input is dead or
  // overwritten afterwards), or kFreshStorage. Views are kFreshStorage too.
  std::span<const int> takes_over;
  bool first = true;  // effects belong to this execution; false: run the pure part only
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Fills every entry of `outputs`. Error kind `limit`: an allocation was refused. What it
  // allocated beside the outputs is gone when it returns. Whatever a failed call put into `outputs`
  // is dropped.
  [[nodiscard]] virtual Result<void> run(const KernelCall& call, std::span<Handle> outputs) = 0;

  // Output `output`, a view, made again from `base`, the input whose buffer it shares. Allocates no
  // storage, computes nothing, has no effect.
  [[nodiscard]] virtual Result<Handle> view(std::size_t output, const Handle& base) = 0;
};

class KernelSet {
 public:
  virtual ~KernelSet() = default;

  // The node made ready; nullptr: its op is not available. Called once per node.
  [[nodiscard]] virtual Result<std::unique_ptr<Kernel>> make(const Graph& graph, NodeId node) = 0;

  // What is not available where make() gives nullptr: the op, and what is missing inside its loops.
  [[nodiscard]] virtual std::string missing_name(const Graph& graph, NodeId node) const {
    return std::string(graph.op(node));
  }

  // Copies the contents of `from` into the storage of `to`, a resident (state written back).
  [[nodiscard]] virtual Result<void> copy(const Handle& from, const Handle& to) = 0;
};

using Kernels = IdVector<NodeId, std::unique_ptr<Kernel>>;

// A kernel for every node. Error (bad_input): all ops that are not available, each with the number
// of its nodes and the first of them. O(nodes log ops).
[[nodiscard]] Result<Kernels> bind_kernels(const Graph& graph, KernelSet& set);

}  // namespace hcb
