// One side of `hcb diff`: a plan, an analysis or a model, as what can be compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/summary.h"
#include "base/options.h"
#include "plan/plan.h"

namespace hcb {

enum class DiffKind : std::uint8_t { plan, analysis, model };
[[nodiscard]] std::string_view name(DiffKind kind);
[[nodiscard]] std::string_view with_article(DiffKind kind);  // "a plan"

enum class Unit : std::uint8_t { bytes, nanos, count };
[[nodiscard]] std::string_view name(Unit unit);  // "bytes", "ns", "count"

// A number that both sides may have, under the name that --fail-on knows it by.
struct Figure {
  std::string_view key;
  Unit unit = Unit::bytes;
  std::int64_t value = 0;
  friend bool operator==(const Figure&, const Figure&) = default;
};

// A value alive at the peak of an analysis.
struct SidePeakValue {
  std::string name;
  Bytes bytes = 0;
  friend bool operator==(const SidePeakValue&, const SidePeakValue&) = default;
};

struct DiffSide {
  DiffKind kind = DiffKind::plan;
  std::string file;   // as the person typed it
  std::string model;  // its name, for people
  Options options;
  std::string fingerprint;          // of the graph; empty: an analysis of format 1.0
  std::string unnamed_fingerprint;  // empty: format 1.0
  std::vector<Figure> figures;
  std::vector<std::pair<std::string_view, std::string>> facts;  // what is no number: "status", …
  GraphRecord graph;                                            // of a plan or model
  std::vector<NodeId> executions;                               // of a plan
  std::vector<BufferId> kept;                                   // of a plan, ascending
  std::vector<SidePeakValue> at_peak;                           // of an analysis, most bytes first
};

// The numbers an analysis of a file and one just made have in common.
struct AnalysisNumbers {
  Bytes peak = 0;
  Bytes resident = 0;
  Bytes activations = 0;
  Bytes gradients = 0;
  Bytes stash = 0;
  Bytes workspace = 0;
  Bytes memory_bound = 0;
  Nanos time = 0;
};
[[nodiscard]] std::vector<Figure> figures_of(const AnalysisNumbers& numbers);

// `file`: as the person typed it, for messages too. Errors (bad_input): a step, checkpoint or owner
// names a node or buffer that the plan's graph has not; sizes that overflow. O(plan).
[[nodiscard]] Result<DiffSide> side_of_plan(Plan plan, std::string file);

// From the JSON of `hcb analyze`. Errors (bad_input, with file and place): not JSON, not an
// analysis, a newer major version or another memory model (naming both), a missing key, a value of
// another type or out of range. Keys it does not know are ignored.
[[nodiscard]] Result<DiffSide> side_of_analysis(std::string_view text, std::string file);

[[nodiscard]] DiffSide side_of_model(const Graph& graph, const Analysis& analysis, Options options,
                                     std::string file);

}  // namespace hcb
