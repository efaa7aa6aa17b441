// A strategy turns a graph into a sequence of executions. One file each in strategies/, one line
// each in registry.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/options.h"
#include "check/certificate.h"
#include "graph/graph.h"
#include "plan/plan.h"

namespace hcb {

struct StrategyRequest {
  const Graph& graph;
  const IdVector<BufferId, Bytes>& size;  // rounded
  const Options& options;
  std::optional<Bytes> budget;  // in bytes, headroom taken off
};

// What a strategy has proved about the least extra time under the budget.
struct ProvedBound {
  Nanos extra_time = 0;
  Scope scope = Scope::any_order;
  std::optional<Certificate> certificate;  // nullopt: extra_time is 0
  NodeId moment = kNone<NodeId>;           // the binding one
  std::int64_t price_time = 0;             // there: price_time ns for price_bytes more or less
  std::int64_t price_bytes = 1;
};

// What a strategy decides; everything else in a Plan is derived by the runner.
struct Schedule {
  std::vector<NodeId> sequence;
  std::vector<NodeId> forward_order;
  std::vector<Block> blocks;
  std::vector<TreeNode> interval_tree;
  std::vector<std::pair<std::string, std::int64_t>> meta;
  std::optional<ProvedBound> bound;  // nullopt: the strategy proves nothing
  std::optional<Nanos> estimate;     // see Plan::estimate
  std::optional<SearchEnd> search;   // where it searched
  // For people: skips that make the frontier wide, values held, what `auto` tried.
  std::vector<std::string> notes;
};

struct Strategy {
  std::string_view name;
  std::string_view summary;
  std::span<const std::string_view> reads;  // names of the strategy options it reads
  Result<Schedule> (*run)(const StrategyRequest&, Context&);
};

[[nodiscard]] std::span<const Strategy> strategies();

// Error (usage): unknown name, with the nearest match and all names.
[[nodiscard]] Result<const Strategy*> find_strategy(std::string_view name);

}  // namespace hcb
