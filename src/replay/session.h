// A step ready to run on a device: graph, kernels, contents, and what is needed to run it again from
// the same start.
//
//     open           load the file, open the device, bind every kernel, make residents
//     start_over     residents and generator as they were at first
//     run            one step, every byte recorded
//     time           one step, nothing recorded but how long it takes
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/model.h"
#include "replay/contents.h"
#include "runtime/run.h"
#include "torch/torch_machine.h"

namespace hcb {

using OpenMachine =
    std::function<Result<std::unique_ptr<TorchMachine>>(const TorchOptions& options)>;

struct SessionOptions {
  std::string graph;  // path of the step
  std::string costs;  // paths of a profile, weights, inputs; empty: none
  std::string weights;
  std::string inputs;
  TorchOptions torch;  // threads 0: those of the profile, else as many as LibTorch takes
};

// A plan's steps made ready, with what the simulator says about them under the device's rounding.
struct Contender {
  std::string name;  // the strategy
  std::string file;  // the plan's; empty: made here
  std::vector<Step> steps;
  Program program;
  std::vector<Bytes> predicted;  // memory during each execution
  Bytes peak = 0;
  Nanos extra_time = 0;
  Nanos base_time = 0;
};

class Session {
 public:
  // Errors: load_step(), open_torch(), bind_kernels() (all missing ops), choose_contents();
  // bad_input where the profile is of another device, thread count or version of torch.
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const SessionOptions& options,
                                                             const OpenMachine& open_machine);

  [[nodiscard]] const SessionOptions& options() const { return options_; }
  [[nodiscard]] const Graph& graph() const { return loaded_.step.training.graph; }
  [[nodiscard]] const LoadedStep& loaded() const { return loaded_; }
  [[nodiscard]] TorchMachine& machine() { return *machine_; }
  [[nodiscard]] const TorchKernels& kernels() const { return *kernels_; }
  [[nodiscard]] const std::vector<Content>& contents() const { return contents_; }
  [[nodiscard]] const std::vector<ValueId>& written() const { return written_; }
  [[nodiscard]] const IdVector<ValueId, Handle>& residents() const { return residents_; }

  [[nodiscard]] Result<Contender> contender(std::string name, std::vector<Step> steps) const;
  [[nodiscard]] Result<Contender> store_all() const;

  [[nodiscard]] Result<void> start_over();
  [[nodiscard]] Result<RunReport> run(const Contender& contender, std::optional<Bytes> limit);
  [[nodiscard]] Result<Nanos> time(const Contender& contender, std::optional<Bytes> limit);

 private:
  Session(const SessionOptions& options, LoadedStep loaded)
      : options_(options), loaded_(std::move(loaded)) {}
  [[nodiscard]] Result<void> choose();
  [[nodiscard]] Result<void> check_scope() const;
  [[nodiscard]] Result<void> place();

  SessionOptions options_;
  LoadedStep loaded_;
  std::unique_ptr<TorchMachine> machine_;
  std::unique_ptr<TorchKernels> kernels_;
  Kernels bound_;
  std::optional<SafetensorsFile> weights_;
  std::optional<SafetensorsFile> inputs_;
  std::vector<Content> contents_;
  IdVector<BufferId, Bytes> size_;  // under the device's rounding
  IdVector<ValueId, Handle> residents_;
  std::vector<ValueId> written_;
  std::vector<std::vector<std::byte>> first_;  // contents of written_ at the start
};

// What a profile measured here would be valid for.
[[nodiscard]] ProfileScope scope_of(const TorchMachine& machine, const std::string& memory_format);

}  // namespace hcb
