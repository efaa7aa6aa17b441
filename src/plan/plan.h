// A plan: the exact step sequence of one training step, and what people and tools want to know
// about it.
//
// A schedule is a sequence of executions. What is live follows from it (docs/memory-model.md), so
// `steps` is the executions with the frees that forced retention implies written out behind each of
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/options.h"
#include "graph/graph.h"
#include "plan/scope.h"

namespace hcb {

enum class StepKind : std::uint8_t { compute, free };

// One entry of a schedule. `id` is a node (compute) or a buffer (free).
struct Step {
  StepKind kind = StepKind::compute;
  std::uint32_t id = 0;

  [[nodiscard]] static Step compute(NodeId n) {
    return {StepKind::compute, static_cast<std::uint32_t>(index(n))};
  }
  [[nodiscard]] static Step free(BufferId b) {
    return {StepKind::free, static_cast<std::uint32_t>(index(b))};
  }
  friend bool operator==(const Step&, const Step&) = default;
};

// Forward nodes [first, last) in the strategy's forward order (indexes into Plan::forward_order).
struct Block {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  Bytes frontier = 0;  // bytes of the frontier before the block
  friend bool operator==(const Block&, const Block&) = default;
};

// One node of the interval tree: blocks [first, last), children by index into Plan::interval_tree,
// root is entry 0.
struct TreeNode {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::vector<std::uint32_t> children;
  friend bool operator==(const TreeNode&, const TreeNode&) = default;
};

enum class PlanStatus : std::uint8_t {
  feasible,     // within the budget
  over_budget,  // not
  no_budget,    // none was given
  optimal,      // within the budget, and extra time equals the bound
  interrupted,  // within the budget; a person stopped the search for a better one
};
[[nodiscard]] std::string_view name(PlanStatus status);
[[nodiscard]] std::optional<PlanStatus> plan_status_named(std::string_view name);

// A proved lower bound on the extra time of every schedule of `scope` within the plan's budget, and
// its proof: a certificate as check/certificate.h reads it.
struct PlanBound {
  Nanos extra_time = 0;
  Scope scope = Scope::any_order;
  NodeId moment = kNone<NodeId>;  // at whose first execution memory binds; kNone: nowhere
  // The price of a byte there: price_time ns less extra time for price_bytes more. price_bytes > 0.
  std::int64_t price_time = 0;
  std::int64_t price_bytes = 1;
  // Compact JSON, and its text_hash(). Both empty: extra_time is 0, which needs no proof. The text
  // alone empty: it is in a file of its own (plan/file.h), which was not read.
  std::string certificate;
  std::string certificate_hash;
  friend bool operator==(const PlanBound&, const PlanBound&) = default;
};

// Why a search ended.
enum class StopReason : std::uint8_t { proved, work_limit, time_limit, interrupted };
[[nodiscard]] std::string_view name(StopReason reason);
[[nodiscard]] std::optional<StopReason> stop_reason_named(std::string_view name);

struct SearchEnd {
  StopReason reason = StopReason::work_limit;
  std::int64_t work = 0;  // units done: the same --work-limit gives the same plan
  friend bool operator==(const SearchEnd&, const SearchEnd&) = default;
};

// What only depends on which values are kept at the turn, for adapters that can tag tensors and
// nothing else: keep these, recompute the rest once by closure (plan/projection.h says how), with
// that schedule's own predicted peak and extra time.
struct Projection {
  std::vector<BufferId> kept;
  Bytes peak = 0;
  Nanos extra_time = 0;
  friend bool operator==(const Projection&, const Projection&) = default;
};

// Enough of the graph to refuse another one with the first difference named.
struct NodeRecord {
  std::string name;
  std::string op;
  std::uint64_t digest = 0;  // of the node's line of the canonical text (see fingerprint.h)
  friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

struct BufferRecord {
  std::string name;
  NodeId owner = kNone<NodeId>;  // kNone: resident
  Bytes bytes = 0;               // storage, before rounding
  friend bool operator==(const BufferRecord&, const BufferRecord&) = default;
};

// Where a node stands and what it makes, by which it is found again in another graph.
struct NodePlace {
  std::uint32_t module = 0;  // into GraphRecord::modules
  std::uint32_t type = 0;    // into GraphRecord::types
  friend bool operator==(const NodePlace&, const NodePlace&) = default;
};

struct GraphRecord {
  std::string name;                   // for people; takes no part in comparisons
  std::string fingerprint;            // 32 hex digits over the whole canonical text
  std::vector<NodeRecord> nodes;      // by node id
  std::vector<BufferRecord> buffers;  // by buffer id
  // All empty in a plan of format 1.0.
  std::string unnamed_fingerprint;   // the same hash with ids for names: renaming leaves it alone
  std::vector<std::string> modules;  // distinct, as they first appear; "": none
  std::vector<std::string> types;    // distinct: outputs of a node, "float32[8,64], int64[8]"
  std::vector<NodePlace> places;     // by node id
  friend bool operator==(const GraphRecord&, const GraphRecord&) = default;
};

struct Plan {
  GraphRecord graph;
  Options options;       // as given; model options are replayed by `hcb check`
  std::string strategy;  // as resolved
  PlanStatus status = PlanStatus::no_budget;
  std::optional<Bytes> budget;  // headroom already taken off
  Bytes peak = 0;
  Bytes base_peak = 0;
  Nanos extra_time = 0;
  Nanos base_time = 0;
  std::optional<PlanBound> bound;  // only with a budget
  // What an integer solver takes for the least extra time. Its word, not a bound: nothing proves it.
  std::optional<Nanos> estimate;
  std::optional<SearchEnd> search;    // where the strategy searched
  std::vector<BufferId> save_nodes;   // checkpoints: see saved_at_turn()
  std::vector<NodeId> forward_order;  // only where blocks are
  std::vector<Block> blocks;
  std::vector<TreeNode> interval_tree;
  std::optional<Projection> projection;
  std::vector<std::pair<std::string, std::int64_t>>
      meta;  // e.g. block_size, peak_frontier; fixed order
  std::vector<Step> steps;
  friend bool operator==(const Plan&, const Plan&) = default;
};

// The executions of a plan in order.
[[nodiscard]] std::vector<NodeId> executions(const Plan& plan);

// Steps for a sequence of executions: behind each execution the frees of every buffer whose life
// ends there by forced retention (its last use before the next production, or its production where
// nobody uses it; ascending ids). The last production of a graph output is never freed. A buffer
// whose storage another takes over (donor) is freed like any other. O(executions + uses).
[[nodiscard]] std::vector<Step> with_frees(const Graph& graph, std::span<const NodeId> sequence);

// The first backward node in the given order; kNone for a forward graph.
[[nodiscard]] NodeId turn(const Graph& graph);

// The buffers made by forward nodes that are live just before the first execution of a backward
// node, ascending: the checkpoints of `steps` (Plan::save_nodes). Empty where no backward runs.
// O(steps + uses).
[[nodiscard]] std::vector<BufferId> saved_at_turn(const Graph& graph, std::span<const Step> steps);

}  // namespace hcb
