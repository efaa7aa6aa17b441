// From a setting (block size, arity, …) to a tree, its replay and the replay's simulated cost.
#pragma once

#include <cstdint>
#include <optional>
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
  std::int64_t slots = 0;      // > 0: the binomial tree with so many slots instead (binomial.h)
  UsePolicy policy;
  friend bool operator==(const TreeSetting&, const TreeSetting&) = default;
};
inline constexpr std::int64_t kFlat = 0;
inline constexpr std::size_t kByModule = 0;  // module_boundaries()

// As --block-size says; nullopt: `auto`, or not given.
[[nodiscard]] std::optional<std::size_t> asked_block_size(const Options& options);

// The arity a plan names: for one level the number of blocks.
[[nodiscard]] std::int64_t resolved_arity(const TreeSetting& setting, BlockIndex blocks);

// Forward nodes in blocks, and where their results are used.
struct BlockLayout {
  Blocks blocks;
  Uses uses;
  Bytes late_bytes = 0;         // of buffers with a late use, held or closed
  BlockIndex longest_span = 0;  // most blocks between a buffer and a use of it
};

// What is replayed: a tree over the blocks and, by block, the leaves that are stored
// (interval_tree.h).
struct ReplayTree {
  std::vector<TreeNode> nodes;
  std::vector<char> stored;  // empty: none
};

struct TreeCandidate {
  TreeSetting setting;
  ReplayTree tree;
  std::vector<NodeId> sequence;
  Bytes peak = 0;
  Nanos extra_time = 0;
  Bytes late_bytes = 0;  // of buffers with a late use, held or closed
  BlockIndex blocks = 0;
  BlockIndex longest_span = 0;      // most blocks between a buffer and a use of it
  std::optional<Bytes> chain_peak;  // what the chain that suggested it says (chain.h)
};

class TreePlanner {
 public:
  // Keeps references to the parts of `request`.
  explicit TreePlanner(const StrategyRequest& request);

  // Forward nodes that a block size counts.
  [[nodiscard]] std::size_t counted() const { return order_.counted; }
  // Is there anything to run again, and anything to run it for?
  [[nodiscard]] bool has_backward() const { return order_.counted > 0 && !order_.rest.empty(); }

  [[nodiscard]] const ForwardOrder& order() const { return order_; }
  [[nodiscard]] BlockIndex block_count(const TreeSetting& setting) const {
    return static_cast<BlockIndex>(boundaries(setting).size()) - 1;
  }

  // The balanced or binomial tree of the setting, replayed. Errors: interrupted; limit (closures, or
  // few slots, multiply the executions); internal (a schedule that does not simulate).
  // O((nodes + edges) · depth); Context counts nodes and executions.
  [[nodiscard]] Result<TreeCandidate> evaluate(const TreeSetting& setting, Context& context) const;

  // Blocks and uses of the setting; tree, arity and slots play no part.
  [[nodiscard]] BlockLayout lay_out(const TreeSetting& setting) const;
  // `tree` replayed over lay_out(setting). Errors as above.
  [[nodiscard]] Result<TreeCandidate> evaluate(const TreeSetting& setting,
                                               const BlockLayout& layout, ReplayTree tree,
                                               Context& context) const;

  // The schedule with blocks, tree, meta and notes; does not run the replay again.
  [[nodiscard]] Schedule describe(TreeCandidate candidate) const;

 private:
  [[nodiscard]] std::vector<std::uint32_t> boundaries(const TreeSetting& setting) const;
  [[nodiscard]] std::vector<TreeNode> tree_of(const TreeSetting& setting,
                                              const BlockLayout& layout) const;
  [[nodiscard]] Result<void> check_slots(const TreeSetting& setting, BlockIndex blocks) const;
  void report_blocks(const BlockLayout& layout, Schedule& schedule) const;

  const StrategyRequest& request_;
  ForwardOrder order_;
  std::vector<std::uint32_t> unit_boundary_;  // of blocks of one counted node
  std::vector<Bytes> width_;                  // frontier before each of these
};

}  // namespace hcb
