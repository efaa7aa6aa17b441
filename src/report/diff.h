// `hcb diff`: what changed from one plan, analysis or model to another.
//
// It never refuses because the graphs differ: nodes are matched (report/diff_match.h), and what can
// be compared is. First comes what changed at all: the graph, the options, or the plan alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/diff_side.h"

namespace hcb {

// One figure on both sides; at least one has it.
struct FigurePair {
  std::string_view key;
  Unit unit = Unit::bytes;
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> after;
};

struct FactPair {
  std::string_view key;
  std::string before;  // empty: absent
  std::string after;
};

// An option given differently; no values: not given.
struct OptionPair {
  std::string_view name;
  std::vector<std::string> before;
  std::vector<std::string> after;
};

// A node as a message names it.
struct OpName {
  std::string name;
  std::string op;
  std::string module;  // empty: none
};

enum class OpChange {
  grew,     // makes more bytes
  shrank,   // fewer
  added,    // only in NEW
  removed,  // only in OLD
  retyped,  // as many bytes in another element type or shape
  rewired,  // reads something of another name, or has other costs
};
[[nodiscard]] std::string_view name(OpChange change);

struct OpPair {
  OpChange change = OpChange::grew;
  OpName op;               // as NEW names it, where it is there
  Bytes before_bytes = 0;  // of the buffers it makes, before rounding
  Bytes after_bytes = 0;
  std::string before_type;  // "float32[8,64]"; empty: absent or unknown
  std::string after_type;
};

// A resident (parameter, input, constant), or a value alive at the peak, that came, went, grew or
// shrank.
struct ValuePair {
  std::string name;
  std::optional<Bytes> before;
  std::optional<Bytes> after;
};

// How often a node runs again.
struct RecomputePair {
  OpName op;
  std::size_t before = 0;
  std::size_t after = 0;
};

// A checkpoint of one side alone.
struct KeptChange {
  std::string name;
  Bytes bytes = 0;
  bool added = false;  // kept in NEW, not in OLD
};

// The first execution of a matched node at which the two go apart; a side without one has ended.
struct OrderChange {
  std::size_t execution = 0;  // in OLD, or behind its end
  std::optional<OpName> before;
  std::optional<OpName> after;
};

struct Diff {
  DiffKind kind = DiffKind::plan;
  std::string old_file;  // empty: no baseline; then nothing but figures is there
  std::string new_file;
  std::string old_model;
  std::string new_model;
  bool graph_changed = false;
  bool options_changed = false;
  bool results_changed = false;  // of a plan: figures, checkpoints, recomputations, order
  std::size_t renamed = 0;       // matched nodes of another name
  std::vector<FigurePair> figures;
  std::vector<FactPair> facts;  // those that differ
  std::vector<OptionPair> options;
  std::vector<OpPair> ops;          // most bytes of change first
  std::vector<ValuePair> resident;  // the same
  std::vector<ValuePair> at_peak;   // of an analysis: the same
  std::vector<RecomputePair> recomputed;
  std::vector<KeptChange> kept;  // most bytes first
  std::optional<OrderChange> order;

  [[nodiscard]] bool any() const { return graph_changed || options_changed || results_changed; }
  [[nodiscard]] bool has_baseline() const { return !old_file.empty(); }
};

// Can their numbers be compared at all? Errors (bad_input): different kinds; different device
// profiles, or measured times on one side alone.
[[nodiscard]] Result<void> check_comparable(const DiffSide& before, const DiffSide& after);

// Both sides are comparable. O(nodes log nodes + executions).
[[nodiscard]] Diff compare(const DiffSide& before, const DiffSide& after);

// A side without a baseline: its figures.
[[nodiscard]] Diff figures_alone(const DiffSide& side);

}  // namespace hcb
