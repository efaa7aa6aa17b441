// One run of a program: handles, random states, bytes and durations, step by step.
//
//     before the step     inputs from their slots, views among them made again where they are gone
//     random node         first time: state saved; again: that state put back, and undone after
//     kernel              first time with its effect, again without
//     behind the step     outputs into their slots, freed buffers cleared, bytes read
//     behind the last     state written back, once
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/kernel.h"
#include "runtime/memory.h"
#include "runtime/program.h"
#include "runtime/random.h"

namespace hcb {

using Clock = std::function<Nanos()>;

// What a run works with. A meter, generator or clock that is not there is not asked.
struct Machine {
  KernelSet* kernels = nullptr;
  MemoryMeter* meter = nullptr;
  RandomState* random = nullptr;
  Clock clock;
};

// At the end of the step the contents of `from`, an output of the graph, go into `to`, a resident.
struct WriteBack {
  ValueId from = kNone<ValueId>;
  ValueId to = kNone<ValueId>;
};

struct RunRequest {
  IdVector<ValueId, Handle> residents;  // by value; every resident that no node makes
  std::vector<WriteBack> write_back;
  std::optional<Bytes> memory_limit;  // no allocation beyond it, residents included
  // Predicted memory during each execution (simulate().memory); empty: unknown.
  std::vector<Bytes> predicted;
  // false: replays of random nodes draw afresh. Only for showing that the restore matters.
  bool restore_random = true;
};

// One execution, measured. Bytes are those of the meter; 0 without one.
struct StepRecord {
  NodeId node = kNone<NodeId>;
  bool again = false;
  Bytes before = 0;
  Bytes during = 0;     // most while it ran
  Bytes workspace = 0;  // `during` less what was held when it returned
  Bytes after = 0;      // behind its frees
  std::optional<Bytes> predicted_during;
  Bytes predicted_after = 0;
  Nanos duration = 0;

  // After every step equal; during a step equal too, or at most (kernels of several threads).
  [[nodiscard]] bool as_predicted() const {
    return after == predicted_after && during == predicted_during.value_or(during);
  }
};

struct RunReport {
  std::vector<StepRecord> steps;
  std::vector<std::pair<std::string, Handle>> outputs;  // by name, in the order of the graph
  Bytes resident = 0;                                   // measured before the first step
  Bytes predicted_resident = 0;
  Bytes peak = 0;             // most of all steps
  std::size_t peak_step = 0;  // the first that reaches it
  Bytes random_state = 0;     // most bytes of saved generator states at a time; not in the peak
  Nanos time = 0;             // sum of the durations
  Nanos recompute_time = 0;   // of executions but the first of each node
  std::int64_t recompute_flops = 0;

  // The first step whose bytes differ from the prediction; nullopt: none.
  [[nodiscard]] std::optional<std::size_t> first_difference() const;
};

// Errors: bad_input (residents missing, all named; a write-back between other things than an output
// and a resident; random nodes run again without a generator); limit (step, bytes asked, live,
// limit, prediction); usage (predictions of another length, a limit without a meter); what a kernel
// returns, with the step in front. Whatever the outcome, no handle of the run is left.
[[nodiscard]] Result<RunReport> run_program(const Graph& graph, const Program& program,
                                            const Kernels& kernels, const Machine& machine,
                                            const RunRequest& request);

}  // namespace hcb
