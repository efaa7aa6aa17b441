// Everything that hcb-run says about a run or a comparison, as plain data, and its two forms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/memory_report.h"
#include "replay/outcome.h"
#include "replay/statistics.h"

namespace hcb {

// Where and how.
struct RunSetting {
  std::string graph;  // file name without folder
  std::string structure;
  std::size_t nodes = 0;
  ProfileScope scope;
  std::string exported_with;  // torch version of the graph; may be empty
  std::string allocation_policy;
  Bytes granularity = 1;
  std::uint64_t seed = 0;
  std::string weights, inputs, costs;  // paths; empty: none
  std::size_t from_file = 0;           // residents by origin of their contents
  std::size_t from_graph = 0;
  std::size_t seeded = 0;
  std::optional<Bytes> memory_limit;
  std::size_t samples = 0;  // first dim that all inputs with dims share; 0: none
};

// Comparison of what a run left behind.
struct Verification {
  std::string against;  // "store-all", or a path
  std::size_t outputs = 0;
  std::size_t gradients = 0;
  std::size_t states = 0;
  double tolerance = 0;  // 0: bit by bit
  std::vector<OutcomeDifference> differences;
};

// One contender, measured.
struct Measured {
  std::string name;
  std::string file;  // of the plan; empty: made here
  std::size_t executions = 0;
  Nanos predicted_extra = 0;
  Nanos predicted_base = 0;
  std::optional<RunReport> run;
  MemoryReport memory;
  Timing time;
  DeviceMemory device;
  std::vector<Verification> verifications;
  std::string error;  // compare: why it could not run (out of memory); empty: it ran
};

[[nodiscard]] RunSetting setting_of(Session& session);

// One contender, in full; times only where measured. Every line ends with a newline.
[[nodiscard]] std::string run_text(const Graph& graph, const RunSetting& setting,
                                   const Measured& measured);
[[nodiscard]] std::string run_json(const Graph& graph, const RunSetting& setting,
                                   const Measured& measured);

// The first contender is store-all, the last one store-all again: their ratio is the noise.
[[nodiscard]] std::string compare_text(const RunSetting& setting,
                                       const std::vector<Measured>& measured);
[[nodiscard]] std::string compare_json(const Graph& graph, const RunSetting& setting,
                                       const std::vector<Measured>& measured);

}  // namespace hcb
