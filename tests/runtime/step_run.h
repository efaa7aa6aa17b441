// A step that tests/runtime/eager.py exported, run by plans on LibTorch and compared with eager.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/options.h"
#include "plan/plan.h"
#include "torch/torch_machine.h"

namespace hcb::test {

// Any error of ours is thrown as std::runtime_error, so that a test shows it.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}
inline void must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message);
}

// What a run leaves: outputs and residents by name, elements in row-major order.
using Tensors = std::map<std::string, std::vector<std::byte>>;

struct RunOptions {
  std::optional<Bytes> limit;
  bool restore_random = true;
};

struct Ran {
  Result<RunReport> report;  // without its outputs: nothing of the run is held
  Tensors results;
};

// The process's machine, opened at the first call. Throws if it has another number of threads.
[[nodiscard]] TorchMachine& machine_with(int threads);

// "models" or "zoo": the names in $HCB_EAGER/`kind`, ascending.
[[nodiscard]] std::vector<std::string> exported(const std::string& kind);

class StepRun {
 public:
  // `model`: "models/NAME" or "zoo/NAME" in $HCB_EAGER.
  StepRun(const std::string& model, int threads);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Tensors& eager() const { return eager_; }
  [[nodiscard]] Bytes eager_peak() const { return eager_peak_; }  // what it allocated in the step
  [[nodiscard]] std::string loss_name() const { return std::string(graph_.name(calls_.loss)); }
  [[nodiscard]] TorchMachine& machine() { return machine_; }

  // A plan for the graph as it is now: after measure() with measured bytes.
  [[nodiscard]] Plan plan(const Options& options) const;

  // From the same residents and generator state every time.
  [[nodiscard]] Ran run(const std::vector<Step>& steps, const RunOptions& options = {});

  // The graph gets storage bytes and workspaces of every node, from runs of store-all (workspaces:
  // the largest). Times stay estimates: plans are the same on every machine.
  void measure(int runs);

 private:
  [[nodiscard]] IdVector<ValueId, Handle> residents();
  [[nodiscard]] RunRequest request(const std::vector<Step>& steps);
  [[nodiscard]] IdVector<BufferId, Bytes> sizes() const;
  [[nodiscard]] IdVector<BufferId, Bytes> measured_bytes() const;
  [[nodiscard]] Tensors results(const RunReport& report,
                                const IdVector<ValueId, Handle>& residents) const;

  Calls calls_;
  Graph graph_;
  Tensors given_;
  Tensors eager_;
  Bytes eager_peak_ = 0;
  TorchMachine& machine_;
  std::unique_ptr<TorchKernels> set_;
  Kernels kernels_;
};

// Names whose bits differ, or that only `wanted` has, "" for none.
[[nodiscard]] std::string differences(const Tensors& wanted, const Tensors& got);

}  // namespace hcb::test
