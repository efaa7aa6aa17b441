// The narrow boundaries: blocks of one node give the frontier before every forward node; each even
// boundary then moves to the narrowest place within half a block, the nearest one on ties. A cut in
// the middle of an attention layer carries several tensors, one between two layers a single one.
#include "schedule/tree_planner.h"

#include <algorithm>

#include <fmt/format.h>

#include "check/simulate.h"
#include "schedule/binomial.h"
#include "schedule/interval_tree.h"
#include "schedule/notes.h"
#include "schedule/splits.h"

namespace hcb {
namespace {

constexpr std::int64_t kMostExecutions = 1 << 24;  // of a binomial replay

BlockIndex longest_span(const Graph& graph, const Uses& uses) {
  BlockIndex longest = 0;
  for (const BufferId b : graph.buffers()) {
    if (uses.block(b) != kTail) longest = std::max(longest, uses.last(b) - uses.block(b));
  }
  return longest;
}

// The index in [at - reach, at + reach] with the least width; nearest to `at`, then the lower one.
std::size_t narrowest_near(const std::vector<Bytes>& width, std::size_t at, std::size_t reach) {
  std::size_t best = at;
  for (std::size_t d = 1; d <= reach; ++d) {
    if (d < at && width[at - d] < width[best]) best = at - d;
    if (at + d < width.size() && width[at + d] < width[best]) best = at + d;
  }
  return best;
}

// Of the tree: stored blocks, slots or arity, as it was made.
std::pair<std::string, std::int64_t> shape_of(const TreeCandidate& candidate) {
  if (!candidate.tree.stored.empty())
    return {"stored_blocks", std::ranges::count(candidate.tree.stored, 1)};
  if (candidate.setting.slots > 0) return {"slots", candidate.setting.slots};
  return {"arity", resolved_arity(candidate.setting, candidate.blocks)};
}

std::vector<std::pair<std::string, std::int64_t>> meta_of(const TreeCandidate& candidate,
                                                          Bytes widest_frontier) {
  const TreeSetting& setting = candidate.setting;
  std::vector<std::pair<std::string, std::int64_t>> meta;
  if (setting.block_size != kByModule)
    meta.emplace_back("block_size", static_cast<std::int64_t>(setting.block_size));
  meta.emplace_back("blocks", candidate.blocks);
  meta.push_back(shape_of(candidate));
  meta.emplace_back("depth", static_cast<std::int64_t>(depth_of(candidate.tree.nodes)));
  meta.emplace_back("peak_frontier", widest_frontier);
  meta.emplace_back("narrow_boundaries", setting.narrow ? 1 : 0);
  meta.emplace_back("late_bytes", candidate.late_bytes);
  meta.emplace_back("late_closed", setting.policy.close_late ? 1 : 0);
  meta.emplace_back("closed_skip_span", setting.policy.skip_span);
  if (candidate.chain_peak) meta.emplace_back("chain_peak_bytes", *candidate.chain_peak);
  return meta;
}

}  // namespace

std::optional<std::size_t> asked_block_size(const Options& options) {
  if (options.module_blocks) return kByModule;
  if (!options.block_size) return std::nullopt;
  return static_cast<std::size_t>(*options.block_size);
}

std::int64_t resolved_arity(const TreeSetting& setting, BlockIndex blocks) {
  return setting.arity == kFlat ? std::max<std::int64_t>(2, blocks) : setting.arity;
}

TreePlanner::TreePlanner(const StrategyRequest& request)
    : request_(request), order_(forward_order(request.graph)) {
  if (!has_backward()) return;
  unit_boundary_ = even_boundaries(request.graph, order_, 1);
  const Blocks blocks =
      make_blocks(request.graph, request.size, order_, unit_boundary_, Mutations::early);
  width_ = frontier_bytes(request.graph, request.size, Uses(request.graph, order_, blocks, {}),
                          blocks.count());
}

std::vector<std::uint32_t> TreePlanner::boundaries(const TreeSetting& setting) const {
  if (setting.block_size == kByModule) return module_boundaries(request_.graph, order_);
  const std::size_t reach = setting.narrow ? (setting.block_size - 1) / 2 : 0;
  std::vector<std::uint32_t> boundary{0};
  for (std::size_t at = setting.block_size; at < order_.counted; at += setting.block_size) {
    boundary.push_back(unit_boundary_[narrowest_near(width_, at, reach)]);
  }
  boundary.push_back(static_cast<std::uint32_t>(order_.size()));
  return boundary;
}

BlockLayout TreePlanner::lay_out(const TreeSetting& setting) const {
  const Mutations mutations = setting.policy.close_late ? Mutations::at_end : Mutations::early;
  Blocks blocks =
      make_blocks(request_.graph, request_.size, order_, boundaries(setting), mutations);
  Uses uses(request_.graph, order_, blocks, setting.policy);
  std::optional<Uses> without_policy;
  const Uses& all = setting.policy == UsePolicy{}
                        ? uses
                        : without_policy.emplace(request_.graph, order_, blocks, UsePolicy{});
  const Bytes late = late_bytes(request_.graph, request_.size, all);
  const BlockIndex longest = longest_span(request_.graph, all);
  return {.blocks = std::move(blocks),
          .uses = std::move(uses),
          .late_bytes = late,
          .longest_span = longest};
}

std::vector<TreeNode> TreePlanner::tree_of(const TreeSetting& setting,
                                           const BlockLayout& layout) const {
  const BlockIndex blocks = layout.blocks.count();
  if (setting.slots == 0)
    return interval_tree(blocks, resolved_arity(setting, blocks), layout.blocks.time_before);
  return binomial_tree(blocks, setting.slots,
                       frontier_bytes(request_.graph, request_.size, layout.uses, blocks));
}

Result<void> TreePlanner::check_slots(const TreeSetting& setting, BlockIndex blocks) const {
  if (setting.slots == 0) return {};
  const std::int64_t runs = binomial_executions(blocks, setting.slots);
  if (static_cast<__int128>(runs) * order_.counted <= kMostExecutions * __int128{blocks}) return {};
  return fail(
      ErrorKind::limit,
      fmt::format("{} slots for {} blocks take {} block executions", setting.slots, blocks, runs),
      "give more --slots or a larger --block-size");
}

Result<TreeCandidate> TreePlanner::evaluate(const TreeSetting& setting, Context& context) const {
  const BlockLayout layout = lay_out(setting);
  HCB_CHECK(check_slots(setting, layout.blocks.count()));
  return evaluate(setting, layout, {.nodes = tree_of(setting, layout), .stored = {}}, context);
}

Result<TreeCandidate> TreePlanner::evaluate(const TreeSetting& setting, const BlockLayout& layout,
                                            ReplayTree tree, Context& context) const {
  const Graph& graph = request_.graph;
  context.count(graph.node_count());
  const std::size_t most = (depth_of(tree.nodes) + 2) * graph.node_count();
  HCB_TRY(auto sequence, replay(graph, order_, layout.blocks, layout.uses, tree.nodes, tree.stored,
                                most, context));
  HCB_TRY(const Simulation simulation, simulate(graph, sequence, request_.size));
  TreeCandidate candidate{
      .setting = setting, .tree = std::move(tree), .sequence = std::move(sequence)};
  candidate.peak = simulation.peak;
  candidate.extra_time = simulation.extra_time;
  candidate.blocks = layout.blocks.count();
  candidate.late_bytes = layout.late_bytes;
  candidate.longest_span = layout.longest_span;
  return candidate;
}

void TreePlanner::report_blocks(const BlockLayout& layout, Schedule& schedule) const {
  const auto frontier =
      frontier_bytes(request_.graph, request_.size, layout.uses, layout.blocks.count());
  schedule.forward_order = order_.nodes;
  for (std::size_t j = 0; j < frontier.size(); ++j) {
    schedule.blocks.push_back({.first = layout.blocks.boundary[j],
                               .last = layout.blocks.boundary[j + 1],
                               .frontier = frontier[j]});
  }
  // Forward nodes that need something of the backward run with it; they end the last block.
  for (const NodeId n : order_.rest) {
    if (request_.graph.phase(n) == Phase::forward) schedule.forward_order.push_back(n);
  }
  schedule.blocks.back().last = static_cast<std::uint32_t>(schedule.forward_order.size());
}

Schedule TreePlanner::describe(TreeCandidate candidate) const {
  Schedule schedule;
  const BlockLayout layout = lay_out(candidate.setting);
  report_blocks(layout, schedule);
  schedule.meta =
      meta_of(candidate, std::ranges::max(schedule.blocks, {}, &Block::frontier).frontier);
  note_wide_frontier(request_, order_, layout.blocks, schedule.notes);
  note_late_values(request_, order_, candidate, schedule.notes);
  schedule.sequence = std::move(candidate.sequence);
  schedule.interval_tree = std::move(candidate.tree.nodes);
  return schedule;
}

}  // namespace hcb
