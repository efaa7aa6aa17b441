// A strategy turns a graph into a sequence of executions. One file each in strategies/, one line
// each in registry.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/options.h"
#include "graph/graph.h"
#include "plan/plan.h"

namespace hcb {

struct StrategyRequest {
  const Graph& graph;
  const IdVector<BufferId, Bytes>& size;  // rounded
  const Options& options;
  std::optional<Bytes> budget;  // in bytes, headroom taken off
};

// What a strategy decides; everything else in a Plan is derived by the runner.
struct Schedule {
  std::vector<NodeId> sequence;
  std::vector<NodeId> forward_order;
  std::vector<Block> blocks;
  std::vector<TreeNode> interval_tree;
  std::vector<std::pair<std::string, std::int64_t>> meta;
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
