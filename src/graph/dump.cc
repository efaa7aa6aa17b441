#include "graph/dump.h"

#include <iterator>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::vector<std::string_view> flag_names(const NodeFlags& flags) {
  std::vector<std::string_view> names;
  if (flags.view) names.push_back("view");
  if (flags.random) names.push_back("random");
  if (flags.effect) names.push_back("effect");
  if (flags.never_replay) names.push_back("never_replay");
  if (flags.default_rule) names.push_back("default_rule");
  return names;
}

class TextWriter {
 public:
  explicit TextWriter(const Graph& graph) : graph_(graph) {}

  std::string run() && {
    line("graph {} ({}): {}, {}, {}", printable(graph_.graph_name()), name(graph_.dialect()),
         counted(graph_.node_count(), "node"), counted(graph_.value_count(), "value"),
         counted(graph_.buffer_count(), "buffer"));
    for (const ValueId v : graph_.values()) {
      if (graph_.producer(v) == kNone<NodeId>) line("resident {}", value(v));
    }
    for (const NodeId n : graph_.nodes()) node(n);
    for (const auto& [before, after] : graph_.order_edges()) {
      line("order {} -> {}", printable(graph_.name(before)), printable(graph_.name(after)));
    }
    for (const ValueId v : graph_.outputs()) line("output {}", printable(graph_.name(v)));
    return fmt::to_string(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_.push_back('\n');
  }

  [[nodiscard]] std::string value(ValueId v) const {
    const BufferId b = graph_.buffer(v);
    std::string text =
        fmt::format("{}: {}[{}] {}, ", printable(graph_.name(v)), name(graph_.dtype(v)),
                    fmt::join(graph_.shape(v), ","), name(graph_.role(v)));
    if (graph_.base_value(b) != v)
      return text + fmt::format("view of {}", printable(graph_.name(b)));
    text += counted(static_cast<std::size_t>(graph_.bytes(b)), "byte");
    if (graph_.donor(b) != kNone<BufferId>)
      text += fmt::format(", takes the storage of {}", printable(graph_.name(graph_.donor(b))));
    return text;
  }

  void node(NodeId n) {
    std::vector<std::string> inputs;
    for (const ValueId v : graph_.inputs(n)) {
      inputs.push_back(v == kNone<ValueId> ? "-" : printable(graph_.name(v)));
    }
    std::string text = fmt::format("{}, {} ns", name(graph_.phase(n)), graph_.cost(n).time);
    if (graph_.cost(n).workspace > 0)
      text += fmt::format(", workspace {} bytes", graph_.cost(n).workspace);
    for (const std::string_view flag : flag_names(graph_.flags(n)))
      text += fmt::format(", {}", flag);
    if (graph_.forward_of(n) != kNone<NodeId>)
      text += fmt::format(", of {}", printable(graph_.name(graph_.forward_of(n))));
    if (!graph_.module(n).empty()) text += fmt::format(", in {}", printable(graph_.module(n)));
    line("node {} = {}({}): {}", printable(graph_.name(n)), printable(graph_.op(n)),
         fmt::join(inputs, ", "), text);
    for (const ValueId v : graph_.outputs(n)) line("  {}", value(v));
  }

  const Graph& graph_;
  fmt::memory_buffer out_;
};

template <StrongId Id>
Json reference(Id id) {
  return id == kNone<Id> ? Json(nullptr) : Json(index(id));
}

template <StrongId Id>
Json references(std::span<const Id> ids) {
  Json list = Json::array();
  for (const Id id : ids) list.push_back(reference(id));
  return list;
}

Json value_json(const Graph& graph, ValueId v) {
  const auto shape = graph.shape(v);
  return {{"name", printable(graph.name(v))},
          {"dtype", name(graph.dtype(v))},
          {"shape", std::vector(shape.begin(), shape.end())},
          {"role", name(graph.role(v))},
          {"buffer", reference(graph.buffer(v))}};
}

Json buffer_json(const Graph& graph, BufferId b) {
  return {{"value", reference(graph.base_value(b))},
          {"bytes", graph.bytes(b)},
          {"owner", reference(graph.owner(b))},
          {"donor", reference(graph.donor(b))}};
}

Json text_json(const std::string& text) { return printable(text); }
Json text_json(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(printable(text));
  return list;
}
template <class T>
Json text_json(const T& number) {
  return number;
}

Json attributes_json(std::span<const Attribute> attributes) {
  Json list = Json::array();
  for (const Attribute& attribute : attributes) {
    Json value = std::visit([](const auto& held) { return text_json(held); }, attribute.value);
    list.push_back(Json::array({printable(attribute.name), std::move(value)}));
  }
  return list;
}

Json node_json(const Graph& graph, NodeId n) {
  const Cost& cost = graph.cost(n);
  return {{"name", printable(graph.name(n))},
          {"op", printable(graph.op(n))},
          {"phase", name(graph.phase(n))},
          {"module", printable(graph.module(n))},
          {"inputs", references(graph.inputs(n))},
          {"outputs", references(graph.outputs(n))},
          {"flags", flag_names(graph.flags(n))},
          {"cost",
           {{"flops", cost.flops},
            {"bytes_moved", cost.bytes_moved},
            {"workspace", cost.workspace},
            {"time_ns", cost.time}}},
          {"forward", reference(graph.forward_of(n))},
          {"attributes", attributes_json(graph.attributes(n))}};
}

// `,\n "key": [` and one element per line.
template <class Ids, class ToJson>
void append_list(std::string& out, std::string_view key, const Ids& ids, ToJson to_json) {
  out += fmt::format(",\n\"{}\": [", key);
  std::string_view separator = "\n ";
  for (const auto& id : ids) {
    out += separator;
    out += to_json(id).dump();
    separator = ",\n ";
  }
  out += ']';
}

}  // namespace

std::string dump_text(const Graph& graph) { return TextWriter(graph).run(); }

std::string dump_json(const Graph& graph) {
  std::string out = fmt::format("{{\"format\": \"hcb-graph\",\n\"name\": {},\n\"dialect\": \"{}\"",
                                Json(printable(graph.graph_name())).dump(), name(graph.dialect()));
  append_list(out, "values", graph.values(), [&](ValueId v) { return value_json(graph, v); });
  append_list(out, "buffers", graph.buffers(), [&](BufferId b) { return buffer_json(graph, b); });
  append_list(out, "nodes", graph.nodes(), [&](NodeId n) { return node_json(graph, n); });
  append_list(out, "order_edges", graph.order_edges(), [](const auto& edge) {
    return Json::array({index(edge.first), index(edge.second)});
  });
  append_list(out, "outputs", graph.outputs(), [](ValueId v) { return reference(v); });
  return out + "}\n";
}

}  // namespace hcb
