// Written by hand into one string: a plan has hundreds of thousands of short rows, one per line, so
// that text tools can show the difference between two plans. 300,000 executions: see
// benchmarks/bench_plan.cc.
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "plan/json.h"

namespace hcb {
namespace {

bool is_plain(std::string_view text) {
  for (const unsigned char c : text) {
    if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') return false;
  }
  return true;
}

class Writer {
 public:
  [[nodiscard]] std::string take() && { return std::move(out_); }

  Writer& raw(std::string_view text) {
    out_ += text;
    return *this;
  }

  Writer& number(std::int64_t value) {
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }

  Writer& text(std::string_view value) {
    if (is_plain(value)) return raw("\"").raw(value).raw("\"");
    using nlohmann::json;  // bytes that are not UTF-8 become U+FFFD
    return raw(json(value).dump(-1, ' ', false, json::error_handler_t::replace));
  }

  // `  "name": ` with the comma of the entry before.
  Writer& key(std::string_view name) {
    raw(first_key_ ? "{\n  " : ",\n  ");
    first_key_ = false;
    return text(name).raw(": ");
  }

  void field(std::string_view name, std::int64_t value) { key(name).number(value); }
  void field(std::string_view name, std::string_view value) { key(name).text(value); }

  // [1,2,3] on one line.
  template <class Range, class Print>
  Writer& list(const Range& items, Print&& print) {
    raw("[");
    bool first = true;
    for (const auto& item : items) {
      if (!first) raw(",");
      first = false;
      print(item);
    }
    return raw("]");
  }

  template <class Range>
  Writer& ids_list(const Range& items) {
    return list(items, [&](auto id) { number(static_cast<std::int64_t>(index(id))); });
  }

  // An array with one row per line, not indented: the spaces would be a fifth of a large plan.
  template <class Range, class Print>
  Writer& rows(const Range& items, Print&& print) {
    bool first = true;
    raw("[");
    for (const auto& item : items) {
      raw(first ? "\n" : ",\n");
      first = false;
      print(item);
    }
    return raw("]");
  }

 private:
  std::string out_;
  bool first_key_ = true;
};

void write_options(Writer& out, const Options& options) {
  out.key("options").raw("{");
  bool first = true;
  for (const OptionSpec& spec : option_table()) {
    const std::vector<std::string> values = spec.write(options);
    if (values.empty()) continue;
    out.raw(first ? "" : ", ").text(spec.name).raw(": ");
    out.list(values, [&](const std::string& value) { out.text(value); });
    first = false;
  }
  out.raw("}");
}

void write_meta(Writer& out, const Plan& plan) {
  out.key("meta").raw("{");
  bool first = true;
  for (const auto& [name, value] : plan.meta) {
    out.raw(first ? "" : ", ").text(name).raw(": ").number(value);
    first = false;
  }
  out.raw("}");
}

void write_summary(Writer& out, const Plan& plan) {
  out.field("strategy", plan.strategy);
  out.field("status", name(plan.status));
  if (plan.budget) out.field("budget_bytes", *plan.budget);
  out.field("peak_bytes", plan.peak);
  out.field("base_peak_bytes", plan.base_peak);
  out.field("extra_time_ns", plan.extra_time);
  out.field("base_time_ns", plan.base_time);
}

// The certificate goes as it is: compact JSON of its own, on one line.
void write_bound(Writer& out, const Plan& plan) {
  const PlanBound& bound = *plan.bound;
  out.key("bound").raw("{\"extra_time_ns\": ").number(bound.extra_time);
  out.raw(", \"scope\": ").text(name(bound.scope));
  if (bound.moment != kNone<NodeId>) {
    out.raw(", \"moment\": ").number(static_cast<std::int64_t>(index(bound.moment)));
    out.raw(", \"price\": [").number(bound.price_time).raw(",").number(bound.price_bytes).raw("]");
  }
  if (!bound.certificate_hash.empty())
    out.raw(", \"certificate_hash\": ").text(bound.certificate_hash);
  if (!bound.certificate.empty()) out.raw(", \"certificate\":\n").raw(bound.certificate);
  out.raw("}");
  out.field("gap_ns", plan.extra_time - bound.extra_time);
}

void write_search(Writer& out, const Plan& plan) {
  if (plan.bound) write_bound(out, plan);
  if (plan.estimate) out.field("estimate_ns", *plan.estimate);
  if (!plan.search) return;
  out.key("search").raw("{\"ended_by\": ").text(name(plan.search->reason));
  out.raw(", \"work\": ").number(plan.search->work).raw("}");
}

void write_projection(Writer& out, const Projection& projection) {
  out.key("projection").raw("{\"kept\": ").ids_list(projection.kept);
  out.raw(", \"peak_bytes\": ").number(projection.peak);
  out.raw(", \"extra_time_ns\": ").number(projection.extra_time).raw("}");
}

void write_structure(Writer& out, const Plan& plan) {
  out.key("save_nodes").ids_list(plan.save_nodes);
  if (plan.projection) write_projection(out, *plan.projection);
  out.key("forward_order").ids_list(plan.forward_order);
  out.key("blocks").rows(plan.blocks, [&](const Block& block) {
    out.raw("[").number(block.first).raw(",").number(block.last);
    out.raw(",").number(block.frontier).raw("]");
  });
  out.key("interval_tree").rows(plan.interval_tree, [&](const TreeNode& node) {
    out.raw("[").number(node.first).raw(",").number(node.last).raw(",");
    out.list(node.children, [&](std::uint32_t child) { out.number(child); }).raw("]");
  });
}

std::int64_t id_or_minus_one(NodeId id) {
  return id == kNone<NodeId> ? -1 : static_cast<std::int64_t>(index(id));
}

// Modules and types repeat from node to node: the rows of `places` name them by position.
void write_places(Writer& out, const GraphRecord& graph) {
  if (graph.places.empty()) return;
  const auto text = [&](const std::string& value) { out.text(value); };
  out.raw(",\n    \"modules\": ").rows(graph.modules, text);
  out.raw(",\n    \"types\": ").rows(graph.types, text);
  out.raw(",\n    \"places\": ").rows(graph.places, [&](const NodePlace& place) {
    out.raw("[").number(place.module).raw(",").number(place.type).raw("]");
  });
}

void write_graph(Writer& out, const GraphRecord& graph) {
  out.key("graph").raw("{\n    \"name\": ").text(graph.name);
  out.raw(",\n    \"fingerprint\": ").text(graph.fingerprint);
  if (!graph.unnamed_fingerprint.empty())
    out.raw(",\n    \"unnamed_fingerprint\": ").text(graph.unnamed_fingerprint);
  write_places(out, graph);
  out.raw(",\n    \"nodes\": ").rows(graph.nodes, [&](const NodeRecord& node) {
    out.raw("[").text(node.name).raw(",").text(node.op);
    out.raw(",\"").raw(fmt::format("{:016x}", node.digest)).raw("\"]");
  });
  out.raw(",\n    \"buffers\": ").rows(graph.buffers, [&](const BufferRecord& buffer) {
    out.raw("[").text(buffer.name).raw(",").number(id_or_minus_one(buffer.owner));
    out.raw(",").number(buffer.bytes).raw("]");
  });
  out.raw("\n  }");
}

// A row per execution: the node, then what is freed behind it. Frees before any execution (no valid
// plan has them) are a row of node -1.
void write_steps(Writer& out, const std::vector<Step>& steps) {
  out.key("steps").raw("[");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool opens = i == 0 || steps[i].kind == StepKind::compute;
    if (opens) out.raw(i == 0 ? "\n[" : "],\n[");
    if (opens && steps[i].kind == StepKind::free) out.raw("-1");
    if (steps[i].kind == StepKind::free) out.raw(",");
    out.number(steps[i].id);
  }
  out.raw(steps.empty() ? "]" : "]]");
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Writer out;
  out.field("format", "hcb-plan");
  out.field("format_version", fmt::format("{}.{}", kPlanFormatMajor, kPlanFormatMinor));
  out.field("memory_model", kMemoryModel);
  write_summary(out, plan);
  write_search(out, plan);
  write_options(out, plan.options);
  write_meta(out, plan);
  write_structure(out, plan);
  write_graph(out, plan.graph);
  write_steps(out, plan.steps);
  out.raw("\n}\n");
  return std::move(out).take();
}

}  // namespace hcb
