// First what each node is to the plan (runs, kept, block), then one of two drawings of it.
#include "plan/dot.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "graph/dot_string.h"

namespace hcb {
namespace {

constexpr std::size_t kNoBlock = static_cast<std::size_t>(-1);
constexpr std::size_t kBoxesWithoutBlocks = 50;

constexpr std::string_view kKept = "#b7e1a1";
constexpr std::string_view kAgain = "#ffd28a";
constexpr std::string_view kBackward = "#e4e4e4";
constexpr std::string_view kFrontier = "#1f5fbf";

// What a node is to the plan.
struct View {
  IdVector<NodeId, std::uint32_t> runs;
  IdVector<NodeId, char> kept;          // makes a checkpoint
  IdVector<NodeId, char> crosses;       // makes a value that a later block reads
  IdVector<NodeId, std::size_t> block;  // of a forward node; kNoBlock: none
  std::size_t blocks = 0;
};

void find_blocks(const Graph& graph, const Plan& plan, View& view) {
  view.block.assign(graph.node_count(), kNoBlock);
  view.blocks = plan.blocks.size();
  for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
    for (std::uint32_t at = plan.blocks[i].first; at < plan.blocks[i].last; ++at) {
      if (at < plan.forward_order.size()) view.block[plan.forward_order[at]] = i;
    }
  }
}

View view_of(const Graph& graph, const Plan& plan) {
  View view;
  view.runs.assign(graph.node_count(), 0);
  view.kept.assign(graph.node_count(), 0);
  view.crosses.assign(graph.node_count(), 0);
  for (const NodeId n : executions(plan)) ++view.runs[n];
  for (const BufferId b : plan.save_nodes) view.kept[graph.owner(b)] = 1;
  find_blocks(graph, plan, view);
  for (const NodeId n : graph.nodes()) {
    for (const BufferId b : graph.makes(n)) {
      for (const NodeId reader : graph.readers(b)) {
        const bool forward = view.block[n] != kNoBlock && view.block[reader] != kNoBlock;
        if (forward && view.block[reader] > view.block[n]) view.crosses[n] = 1;
      }
    }
  }
  return view;
}

class Drawing {
 public:
  Drawing(const Graph& graph, const Plan& plan)
      : graph_(graph), plan_(plan), view_(view_of(graph, plan)) {}

  std::string run() && {
    line("digraph {} {{", dot_string({plan_.graph.name}));
    line("  label={};",
         dot_string({fmt::format("{}: peak {} of {}, extra time {} of {} ns", plan_.strategy,
                                 format_bytes(plan_.peak), format_bytes(plan_.base_peak),
                                 plan_.extra_time, plan_.base_time)}));
    line("  node [shape=box style=filled fillcolor=white];");
    if (graph_.node_count() <= kMostDrawnNodes) {
      draw_nodes();
    } else {
      draw_boxes();
    }
    line("}}");
    return fmt::to_string(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_.push_back('\n');
  }

  [[nodiscard]] std::string_view fill(NodeId n) const {
    if (view_.kept[n]) return kKept;
    if (view_.runs[n] > 1) return kAgain;
    return graph_.phase(n) == Phase::forward ? "white" : kBackward;
  }

  void draw_node(NodeId n, std::string_view indent) {
    const std::string again = view_.runs[n] > 1 ? fmt::format(" x{}", view_.runs[n]) : "";
    const std::string outline =
        view_.crosses[n] ? fmt::format(" color=\"{}\" penwidth=3", kFrontier) : "";
    line("{}n{} [label={} fillcolor=\"{}\"{}];", indent, index(n),
         dot_string({fmt::format("{} ({}){}", graph_.name(n), graph_.op(n), again)}), fill(n),
         outline);
  }

  void draw_nodes() {
    for (std::size_t i = 0; i < plan_.blocks.size(); ++i) {
      line("  subgraph cluster_{} {{", i);
      line("    label=\"block {}\";", i);
      for (const NodeId n : graph_.nodes()) {
        if (view_.block[n] == i) draw_node(n, "    ");
      }
      line("  }}");
    }
    for (const NodeId n : graph_.nodes()) {
      if (view_.block[n] == kNoBlock) draw_node(n, "  ");
    }
    for (const NodeId n : graph_.nodes()) {
      for (const BufferId b : graph_.reads(n)) {
        line("  n{} -> n{} [label={}];", index(graph_.owner(b)), index(n),
             dot_string({graph_.name(b)}));
      }
    }
  }

  // Boxes: 2i for the forward nodes of part i, 2i + 1 for the others whose forward node is there.
  [[nodiscard]] std::size_t part_of(NodeId n, std::size_t position, std::size_t length) const {
    if (view_.blocks > 0) return view_.block[n] == kNoBlock ? view_.blocks : view_.block[n];
    return position / length;
  }

  [[nodiscard]] IdVector<NodeId, std::size_t> boxes() const {
    const auto forward = static_cast<std::size_t>(std::ranges::count_if(
        graph_.nodes(), [&](NodeId n) { return graph_.phase(n) == Phase::forward; }));
    const std::size_t length = forward / kBoxesWithoutBlocks + 1;
    const std::size_t parts = view_.blocks > 0 ? view_.blocks : (forward + length - 1) / length;
    IdVector<NodeId, std::size_t> box(graph_.node_count());
    std::size_t position = 0;
    for (const NodeId n : graph_.nodes()) {
      const NodeId partner = graph_.forward_of(n);
      if (graph_.phase(n) == Phase::forward) {
        box[n] = 2 * part_of(n, position++, length);
      } else if (partner != kNone<NodeId> && partner < n) {
        box[n] = box[partner] | 1U;
      } else {
        box[n] = 2 * parts + 1;
      }
    }
    return box;
  }

  void draw_boxes() {
    const IdVector<NodeId, std::size_t> box = boxes();
    struct Sum {
      std::size_t nodes = 0;
      std::size_t executions = 0;
      std::size_t kept = 0;
    };
    std::map<std::size_t, Sum> sums;
    for (const NodeId n : graph_.nodes()) {
      Sum& sum = sums[box[n]];
      ++sum.nodes;
      sum.executions += view_.runs[n];
      sum.kept += view_.kept[n] ? 1 : 0;
    }
    for (const auto& [id, sum] : sums) {
      const std::string_view color = id % 2 == 1                  ? kBackward
                                     : sum.executions > sum.nodes ? kAgain
                                     : sum.kept > 0               ? kKept
                                                                  : "white";
      line("  b{} [label={} fillcolor=\"{}\"];", id,
           dot_string({fmt::format("{} {}: {} nodes, {} executions, {} checkpoints",
                                   id % 2 == 0 ? "block" : "backward of block", id / 2, sum.nodes,
                                   sum.executions, sum.kept)}),
           color);
    }
    draw_box_edges(box);
  }

  void draw_box_edges(const IdVector<NodeId, std::size_t>& box) {
    std::map<std::pair<std::size_t, std::size_t>, Bytes> edges;
    std::vector<std::size_t> targets;
    for (const BufferId b : graph_.buffers()) {
      if (graph_.resident(b)) continue;
      targets.clear();
      for (const NodeId reader : graph_.readers(b)) targets.push_back(box[reader]);
      std::ranges::sort(targets);
      const auto rest = std::ranges::unique(targets);
      targets.erase(rest.begin(), rest.end());
      const std::size_t from = box[graph_.owner(b)];
      for (const std::size_t to : targets) {
        Bytes& sum = edges[{from, to}];
        sum = checked_add(sum, graph_.bytes(b)).value_or(sum);
      }
    }
    for (const auto& [ends, bytes] : edges) {
      if (ends.first == ends.second) continue;
      line("  b{} -> b{} [label=\"{}\"];", ends.first, ends.second, format_bytes(bytes));
    }
  }

  const Graph& graph_;
  const Plan& plan_;
  View view_;
  fmt::memory_buffer out_;
};

}  // namespace

std::string plan_to_dot(const Graph& graph, const Plan& plan) { return Drawing(graph, plan).run(); }

}  // namespace hcb
