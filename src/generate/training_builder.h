// TrainingBuilder: forward nodes in, training graph out, by the rule of reverse-mode
// differentiation. For generated graphs, tests and benchmarks; `ingest/training.h` makes the
// backward of models and shares no code with it.
//
//     forward   x ──> a ──> y ──┬──> b ──> z ──> loss
//                               └──> c ──> u ────┘
//     backward  seed ──> loss.grad ──> c.grad ──> y.grad#1 ──┐
//                             └──────> b.grad ──> y.grad#2 ──┴──> y.grad=2 ──> a.grad
//
// Every forward node v with a differentiable output gets `v.grad`, in reverse order of the forward
// nodes. It reads the gradients of v's outputs (omitted where there is none), the saved inputs, the
// saved outputs and the stash of v. Where a gradient arrives a second time a binary GradSum adds it
// at once, and reuses the storage of the sum so far. Gradients of parameters are outputs of the
// graph.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "graph/builder.h"

namespace hcb {

// Positions in a forward node's inputs and outputs that its backward reads. Stash outputs are
// always read.
struct Saves {
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
};

class TrainingBuilder {
 public:
  explicit TrainingBuilder(std::string graph_name)
      : builder_(Dialect::onnx, std::move(graph_name)) {}

  // float32 of shape [elements], 4 bytes each; `storage` bytes if more.
  ValueId resident(std::string name, std::int64_t elements, Role role);
  ValueId value(std::string name, std::int64_t elements, Bytes storage = 0,
                Role role = Role::activation);
  // A view of `base` with its own number of elements, at most that of the base.
  ValueId view(std::string name, std::int64_t elements, ValueId base);

  // Nodes in topological order. The backward of a node with flags.view whose output is as large as
  // its base is a view.
  NodeId forward(NodeSpec spec, Saves saves);

  // Adds the node `loss`, which reads all of `ends` and whose value is an output, the backward, and
  // the optimizer update of every parameter if asked for (never replayed, in place, behind all
  // readers of the parameter). Errors: those of GraphBuilder::freeze(). O(nodes + uses).
  [[nodiscard]] Result<Graph> finish(const std::vector<ValueId>& ends, bool optimizer = false) &&;

  // The forward nodes alone; `ends` are the outputs.
  [[nodiscard]] Result<Graph> finish_forward(const std::vector<ValueId>& ends) &&;

  [[nodiscard]] GraphBuilder& builder() { return builder_; }
  [[nodiscard]] std::int64_t elements(ValueId v) const { return builder_.value(v).shape.at(0); }
  [[nodiscard]] bool requires_grad(ValueId v) const { return requires_grad_[v]; }

 private:
  struct Gradient {
    ValueId value = kNone<ValueId>;
    std::size_t contributions = 0;
  };

  ValueId add(ValueSpec spec, bool resident);
  void add_loss(const std::vector<ValueId>& ends);
  void add_backward_of(NodeId v);
  [[nodiscard]] std::vector<ValueId> what_backward_reads(NodeId v) const;
  ValueId add_gradient_of(ValueId x, NodeId v);
  void deliver(ValueId x, ValueId contribution, NodeId v);
  void add_updates();
  void add_update(ValueId parameter, const std::vector<NodeId>& readers);

  GraphBuilder builder_;
  std::vector<NodeId> forward_;
  IdVector<NodeId, Saves> saves_;  // by forward node
  IdVector<ValueId, char> requires_grad_;
  IdVector<ValueId, Gradient> gradient_;
  std::vector<ValueId> parameters_;
};

}  // namespace hcb
