// From a setting (block size, arity, …) to an interval-tree schedule and its simulated cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/context.h"
#include "schedule/blocks.h"
#include "schedule/forward_order.h"
#include "schedule/strategy.h"
#include "schedule/uses.h"

namespace hcb {

struct TreeSetting {
  std::size_t block_size = 1;  // forward nodes that are no views; kByModule
  bool narrow = false;         // boundaries moved to the narrowest frontier near by
  std::int64_t arity = 2;      // kFlat: one level, every block a child of the root
  UsePolicy policy;
  friend bool operator==(const TreeSetting&, const TreeSetting&) = default;
};
inline constexpr std::int64_t kFlat = 0;
inline constexpr std::size_t kByModule = 0;  // module_boundaries()

struct TreeCandidate {
  TreeSetting setting;
  std::vector<NodeId> sequence;
  Bytes peak = 0;
  Nanos extra_time = 0;
  Bytes late_bytes = 0;  // of buffers with a late use, held or closed
  BlockIndex blocks = 0;
  BlockIndex longest_span = 0;  // most blocks between a buffer and a use of it
};

class TreePlanner {
 public:
  // Keeps references to the parts of `request`.
  explicit TreePlanner(const StrategyRequest& request);

  // Forward nodes that a block size counts.
  [[nodiscard]] std::size_t counted() const { return order_.counted; }
  // Is there anything to run again, and anything to run it for?
  [[nodiscard]] bool has_backward() const { return order_.counted > 0 && !order_.rest.empty(); }

  // Errors: interrupted; limit (closures multiply the executions); internal (a schedule that does
  // not simulate). O((nodes + edges) · depth); Context counts nodes and executions.
  [[nodiscard]] Result<TreeCandidate> evaluate(const TreeSetting& setting, Context& context) const;

  // The schedule with blocks, tree, meta and notes; does not run the replay again.
  [[nodiscard]] Schedule describe(TreeCandidate candidate) const;

 private:
  struct Layout {
    Blocks blocks;
    Uses uses;
    std::vector<TreeNode> tree;
  };
  [[nodiscard]] Layout lay_out(const TreeSetting& setting) const;
  [[nodiscard]] std::vector<std::uint32_t> boundaries(const TreeSetting& setting) const;
  void report_blocks(const Layout& layout, Schedule& schedule) const;

  const StrategyRequest& request_;
  ForwardOrder order_;
  std::vector<std::uint32_t> unit_boundary_;  // of blocks of one counted node
  std::vector<Bytes> width_;                  // frontier before each of these
};

}  // namespace hcb
