#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "graph/dot_string.h"
#include "graph/dump.h"

namespace hcb {
namespace {

class DotWriter {
 public:
  explicit DotWriter(const Graph& graph) : graph_(graph) {}

  std::string run() && {
    line("digraph {} {{", dot_string({graph_.graph_name()}));
    line("  node [shape=box];");
    clusters();
    for (const ValueId v : graph_.values()) {
      if (graph_.producer(v) == kNone<NodeId>) resident(v);
    }
    for (const NodeId n : graph_.nodes()) data_edges(n);
    for (const auto& [before, after] : graph_.order_edges()) {
      line("  n{} -> n{} [style=dotted];", index(before), index(after));
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

  // Modules in order of their first node; nodes without a module stand outside.
  void clusters() {
    std::unordered_map<std::string_view, std::size_t> position;
    std::vector<std::vector<NodeId>> members;
    for (const NodeId n : graph_.nodes()) {
      const auto [at, inserted] = position.try_emplace(graph_.module(n), members.size());
      if (inserted) members.emplace_back();
      members[at->second].push_back(n);
    }
    for (std::size_t i = 0; i < members.size(); ++i) cluster(i, members[i]);
  }

  void cluster(std::size_t number, const std::vector<NodeId>& members) {
    const std::string_view module = graph_.module(members[0]);
    if (!module.empty()) {
      line("  subgraph cluster_{} {{", number);
      line("    label={};", dot_string({module}));
    }
    for (const NodeId n : members) node(n, module.empty() ? "  " : "    ");
    if (!module.empty()) line("  }}");
  }

  void node(NodeId n, std::string_view indent) {
    std::string style;
    if (graph_.phase(n) != Phase::forward) style += "filled";
    if (graph_.flags(n).view) style += style.empty() ? "dashed" : ",dashed";
    line("{}n{} [label={}{}];", indent, index(n), dot_string({graph_.name(n), graph_.op(n)}),
         style.empty() ? "" : fmt::format(", style=\"{}\"", style));
  }

  void resident(ValueId v) {
    const std::string bytes = fmt::format("{} B", graph_.bytes(graph_.buffer(v)));
    line("  v{} [shape=ellipse, label={}];", index(v), dot_string({graph_.name(v), bytes}));
  }

  void data_edges(NodeId n) {
    for (const ValueId v : graph_.inputs(n)) {
      if (v == kNone<ValueId>) continue;
      const NodeId from = graph_.producer(v);
      const bool view = graph_.base_value(graph_.buffer(v)) != v;
      const std::string source =
          from == kNone<NodeId> ? fmt::format("v{}", index(v)) : fmt::format("n{}", index(from));
      line("  {} -> n{} [label={}{}];", source, index(n), dot_string({graph_.name(v)}),
           view ? ", style=dashed" : "");
    }
  }

  const Graph& graph_;
  fmt::memory_buffer out_;
};

}  // namespace

std::string dump_dot(const Graph& graph) { return DotWriter(graph).run(); }

}  // namespace hcb
