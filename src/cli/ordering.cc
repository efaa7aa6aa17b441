#include "cli/ordering.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/orders.h"
#include "base/text.h"
#include "graph/reorder.h"
#include "plan/file.h"
#include "plan/order_file.h"

namespace hcb {
namespace {

constexpr std::string_view kBest = "best";

std::string words(const Graph& graph, NodeId n) {
  return fmt::format("'{}' ({})", printable(graph.name(n)), printable(graph.op(n)));
}

Result<void> demand_once(const std::string& file, const Graph& graph,
                         const std::vector<NodeId>& order) {
  IdVector<NodeId, char> seen(graph.node_count(), 0);
  for (const NodeId n : order) {
    if (seen[n] != 0) {
      return fail(ErrorKind::bad_input,
                  fmt::format("{}: {} is listed twice: an order runs every node once", file,
                              words(graph, n)),
                  "hcb convert MODEL --from-order FILE takes a list with repetitions");
    }
    seen[n] = 1;
  }
  return {};
}

// The rules that are no edges: random nodes keep their places, readers come before a mutation.
Result<void> demand_rules(const std::string& file, const Graph& graph,
                          const std::vector<NodeId>& order) {
  const Csr<NodeId, NodeId> implied = implied_predecessors(graph);
  IdVector<NodeId, char> seen(graph.node_count(), 0);
  for (const NodeId n : order) {
    for (const NodeId before : implied[n]) {
      if (seen[before] != 0) continue;
      const bool random = graph.flags(n).random && graph.flags(before).random;
      return fail(ErrorKind::bad_input, fmt::format("{}: {} runs before {}, {}", file,
                                                    words(graph, n), words(graph, before),
                                                    random ? "and random nodes keep their order"
                                                           : "which reads what it overwrites"));
    }
    seen[n] = 1;
  }
  return {};
}

Result<std::vector<NodeId>> order_in_file(const std::string& file, const Graph& graph) {
  HCB_TRY(const std::string text, read_text_file(file));
  HCB_TRY(std::vector<NodeId> order, read_order(text, file, graph));
  HCB_CHECK(demand_once(file, graph, order));
  HCB_CHECK(demand_rules(file, graph, order));
  return order;
}

Result<std::vector<NodeId>> heuristic_order(const OrderHeuristic& heuristic, const Graph& graph,
                                            Bytes alignment) {
  if (graph.node_count() > heuristic.most_nodes) {
    return fail(
        ErrorKind::usage,
        fmt::format("--order {}: made for graphs of at most {} nodes; this one has {}",
                    heuristic.name, with_thousands(static_cast<long long>(heuristic.most_nodes)),
                    with_thousands(static_cast<long long>(graph.node_count()))));
  }
  HCB_TRY(const auto size, rounded_sizes(graph, alignment));
  return heuristic_order(heuristic, graph, size);
}

}  // namespace

std::vector<std::string> order_names() {
  std::vector<std::string> names{std::string(kBest)};
  for (const OrderHeuristic& heuristic : order_heuristics()) names.emplace_back(heuristic.name);
  return names;
}

Result<std::vector<NodeId>> order_of(const Graph& graph, const Options& options) {
  const std::string& order = options.order;
  if (order.empty() || order == order_heuristics().front().name) return std::vector<NodeId>{};
  if (order == kBest) {
    HCB_TRY(const auto size, rounded_sizes(graph, options.alignment));
    HCB_TRY(OrderStats best, best_heuristic_order(graph, size));
    return std::move(best.order);
  }
  if (const OrderHeuristic* heuristic = find_order_heuristic(order)) {
    return heuristic_order(*heuristic, graph, options.alignment);
  }
  if (order.find_first_of("./") != std::string::npos) return order_in_file(order, graph);
  const auto names = order_names();
  return fail(
      ErrorKind::usage,
      fmt::format("--order '{}': unknown order{}", printable(order), did_you_mean(order, names)),
      fmt::format("orders: {}; or a file, named with a '.' or '/': ./{}", fmt::join(names, ", "),
                  printable(order)));
}

Result<Graph> in_order_of(Graph graph, const Options& options) {
  HCB_TRY(const std::vector<NodeId> order, order_of(graph, options));
  if (order.empty()) return graph;
  return reordered(graph, order);
}

}  // namespace hcb
