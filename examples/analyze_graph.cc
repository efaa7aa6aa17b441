// The analysis as a library: a graph of two branches is built by hand, and every function that
// docs/api_reference.md describes is called on it. Prints what the page shows.
//
//     x ─> a (9 KiB) ─> b (1 KiB) ─┐
//                                  ├─> e (1 KiB)        given order a, c, b, d, e
//     x ─> c (9 KiB) ─> d (1 KiB) ─┘
#include <cstdio>

#include "analysis/graph_analysis.h"
#include "graph/builder.h"

namespace {

hcb::Result<hcb::Graph> two_branches() {
  hcb::GraphBuilder builder(hcb::Dialect::onnx, "two branches");
  const auto value = [&](const char* name, std::int64_t kib) {
    return builder.add_value({.name = name, .dtype = hcb::DType::u8, .shape = {kib, 1024}});
  };
  const hcb::ValueId x = builder.add_resident(
      {.name = "x", .dtype = hcb::DType::u8, .shape = {1, 1024}, .role = hcb::Role::input});
  const hcb::ValueId a = value("a", 9);
  const hcb::ValueId b = value("b", 1);
  const hcb::ValueId c = value("c", 9);
  const hcb::ValueId d = value("d", 1);
  const hcb::ValueId e = value("e", 1);
  builder.add_node({.name = "A", .op = "Expand", .inputs = {x}, .outputs = {a}});
  builder.add_node({.name = "C", .op = "Expand", .inputs = {x}, .outputs = {c}});
  builder.add_node({.name = "B", .op = "Reduce", .inputs = {a}, .outputs = {b}});
  builder.add_node({.name = "D", .op = "Reduce", .inputs = {c}, .outputs = {d}});
  builder.add_node({.name = "E", .op = "Add", .inputs = {b, d}, .outputs = {e}});
  builder.mark_output(e);
  return std::move(builder).freeze();
}

hcb::Result<void> show(const hcb::Graph& graph) {
  HCB_TRY(const auto size, hcb::rounded_sizes(graph, 512));

  for (const hcb::Bytes bytes : frontier_profile(graph, size, hcb::FrontierScope::whole)) {
    std::printf("%ld ", static_cast<long>(bytes));
  }
  std::printf("bytes at the cuts\n");

  const hcb::Bytes width = compute_frontier_width(graph, size, hcb::FrontierScope::whole);
  std::printf("width %ld\n", static_cast<long>(width));

  const hcb::FrontierSummary summary =
      hcb::summarize_frontier(frontier_profile(graph, size, hcb::FrontierScope::whole));
  std::printf("median %ld, p95 %ld, widest at cut %zu\n", static_cast<long>(summary.median),
              static_cast<long>(summary.p95), summary.widest);

  const hcb::HcpEvaluation hcp = evaluate_hcp(graph, size);
  for (const std::string& reason : hcp.reasons) std::printf("%s\n", reason.c_str());

  HCB_TRY(const std::vector<hcb::OrderStats> orders, evaluate_orders(graph, size));
  for (const hcb::OrderStats& order : orders) {
    std::printf("%s %ld\n", std::string(order.name).c_str(), static_cast<long>(order.peak));
  }

  HCB_TRY(const hcb::OrderStats best, best_heuristic_order(graph, size));
  for (const hcb::NodeId node : best.order) {
    std::printf("%s ", std::string(graph.name(node)).c_str());
  }
  std::printf("is the best\n");

  const hcb::BoundReport bound = lower_bound_report(graph, size);
  std::printf("at least %ld, set by %s\n", static_cast<long>(bound.bytes.bound),
              bound.set_by.c_str());

  HCB_TRY(const hcb::GraphAnalysis analysis, analyze_graph(graph));
  std::printf("peak %ld at %s, %ld less in the best order\n", static_cast<long>(analysis.step.peak),
              analysis.step.at.c_str(), static_cast<long>(analysis.orders.saves()));
  return {};
}

}  // namespace

int main() {
  const auto graph = two_branches();
  const auto shown = graph ? show(*graph) : std::unexpected(graph.error());
  if (shown) return 0;
  std::fprintf(stderr, "error: %s\n", shown.error().message.c_str());
  return 1;
}
