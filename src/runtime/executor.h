// What an embedder uses: run a plan over kernels, or drive the embedder's own forward and backward
// of blocks in the order of height compression.
//
//     Executor executor({.machine = {.kernels = &kernels, .meter = &meter}});
//     HCB_CHECK(executor.configure(graph, 4));
//     HCB_TRY(RunReport report, executor.execute(plan, request));
//
// backward() halves the blocks: it runs the left half forward to a checkpoint, then the right half
// in the same way, drops the checkpoint, then the left half. At a single block it runs it forward
// once more, recording activations, and then backward. With B blocks at most ceil(log2 B)
// checkpoints are kept at a time. B = 2^e blocks of one node run e/2 · B + B nodes forward.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "plan/plan.h"
#include "runtime/checkpoint_store.h"
#include "runtime/run.h"

namespace hcb {

// Positions count the forward nodes of the graph in the given order; ranges are half-open.
struct BackwardCallbacks {
  // From the checkpoint at `start` (at 0: the model's inputs) to the one at `end`, which it returns;
  // adds activations to the registry, which keeps them while it records.
  std::function<Result<Checkpoint>(std::size_t start, std::size_t end)> run_forward;
  std::function<Result<void>(std::size_t start, std::size_t end)> run_backward;
  std::function<Result<void>(const Handle& loss)>
      prepare_loss;                        // optional; before the first backward
  std::function<Result<void>()> finalize;  // optional; behind the last one
};

struct BackwardProfile {
  Bytes peak = 0;  // of checkpoints and recorded activations
  std::size_t most_checkpoints = 0;
  std::size_t forward_nodes = 0;  // executed, every one a recomputation
  std::int64_t recompute_flops = 0;
  Nanos forward_time = 0;
  Nanos backward_time = 0;
};

struct ExecutorParts {
  Machine machine;
  CheckpointStore* checkpoints = nullptr;  // nullptr: one in memory
};

class Executor {
 public:
  explicit Executor(ExecutorParts parts = {}) : parts_(std::move(parts)) {}

  // The graph must outlive the executor. Binds a kernel to every node if there is a kernel set.
  // Errors: usage (block size 0), bind_kernels().
  [[nodiscard]] Result<void> configure(const Graph& graph, std::size_t block_size);

  // Without callbacks: autograd_backward(loss), nothing else. Errors: usage (not configured,
  // run_forward or run_backward missing), those of a callback or a store; then no checkpoint that
  // was put is left.
  [[nodiscard]] Result<BackwardProfile> backward(
      const Handle& loss, const std::function<Result<void>(const Handle& loss)>& autograd_backward,
      const std::optional<BackwardCallbacks>& callbacks = std::nullopt);

  // Runs the plan, its sizes rounded as the plan says. Errors: usage (not configured, no kernels),
  // bad_input (made for another graph, with the first difference), make_program(), run_program().
  [[nodiscard]] Result<RunReport> execute(const Plan& plan, const RunRequest& request);

  [[nodiscard]] CheckpointStore& checkpoints() {
    return parts_.checkpoints ? *parts_.checkpoints : own_checkpoints_;
  }
  [[nodiscard]] ActivationRegistry& activations() { return activations_; }

 private:
  ExecutorParts parts_;
  MemoryCheckpointStore own_checkpoints_;
  ActivationRegistry activations_;
  const Graph* graph_ = nullptr;
  std::size_t block_size_ = 0;
  Kernels kernels_;
};

}  // namespace hcb
