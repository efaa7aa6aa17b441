// One pass: the line of every value is written once into an arena, lines of nodes are put together
// from spans of it, hashed and forgotten. Hash: XXH3 (xxHash, Collet).
#include "plan/fingerprint.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/text.h"

namespace hcb {
namespace {

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_quoted(std::string& out, std::string_view name) {
  constexpr std::string_view kEscaped = "\"\\\n";
  out += '"';
  if (std::ranges::none_of(name, [&](char c) { return kEscaped.contains(c); })) {
    out.append(name) += '"';
    return;
  }
  for (const char c : name) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_field(std::string& out, std::string_view key, std::int64_t number) {
  out += ' ';
  out += key;
  out += '=';
  append_number(out, number);
}

std::string_view dialect_name(Dialect dialect) {
  switch (dialect) {
    case Dialect::onnx:
      return "onnx";
    case Dialect::aten:
      return "aten";
    case Dialect::jax:
      return "jax";
  }
  return "unknown";
}

std::string flags_text(const NodeFlags& flags) {
  std::string text;
  if (flags.view) text += 'v';
  if (flags.random) text += 'r';
  if (flags.effect) text += 'e';
  if (flags.never_replay) text += 'n';
  if (flags.default_rule) text += 'd';
  return text.empty() ? "-" : text;
}

// "[2,4]"
void append_shape(std::string& out, const Graph& graph, ValueId v) {
  const auto shape = graph.shape(v);
  out += '[';
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, shape[i]);
  }
  out += ']';
}

enum class Naming { given, by_id };

class CanonicalWriter {
 public:
  explicit CanonicalWriter(const Graph& graph, Naming naming = Naming::given)
      : graph_(graph), naming_(naming) {
    offset_.reserve(graph.value_count() + 1);
    for (const ValueId v : graph.values()) {
      offset_.push_back(values_.size());
      append_value(values_, v);
    }
    offset_.push_back(values_.size());
  }

  // Calls sink(line) for every line without its line break, node(n, line) for those of nodes.
  template <class Sink, class NodeSink>
  void write(Sink&& sink, NodeSink&& node_sink) const {
    std::string line = fmt::format("graph {}", dialect_name(graph_.dialect()));
    sink(line);
    for (const ValueId v : graph_.values()) {
      line.assign("value ").append(value_text(v));
      sink(line);
    }
    for (const NodeId n : graph_.nodes()) {
      node_line(line, n);
      node_sink(n, line);
      sink(line);
    }
    write_edges_and_outputs(sink);
  }

 private:
  template <StrongId Id>
  void append_name(std::string& out, Id id) const {
    if (naming_ == Naming::given) return append_quoted(out, graph_.name(id));
    out += '%';
    append_number(out, static_cast<std::int64_t>(index(id)));
  }

  // `"y" float32 [2,4] activation base="y" bytes=32`, plus `donor="x"` where it takes over storage.
  void append_value(std::string& out, ValueId v) const {
    const BufferId buffer = graph_.buffer(v);
    append_name(out, v);
    out += ' ';
    out += name(graph_.dtype(v));
    out += ' ';
    append_shape(out, graph_, v);
    out += ' ';
    out += name(graph_.role(v));
    out += " base=";
    append_name(out, graph_.base_value(buffer));
    append_field(out, "bytes", graph_.bytes(buffer));
    if (graph_.donor(buffer) == kNone<BufferId>) return;
    out += " donor=";
    append_name(out, graph_.base_value(graph_.donor(buffer)));
  }

  [[nodiscard]] std::string_view value_text(ValueId v) const {
    const std::size_t from = offset_[index(v)];
    return std::string_view(values_).substr(from, offset_[index(v) + 1] - from);
  }

  void append_arguments(std::string& line, std::string_view key,
                        std::span<const ValueId> arguments) const {
    line += key;
    for (const ValueId v : arguments) {
      line += '(';
      if (v != kNone<ValueId>) line += value_text(v);
      line += ')';
    }
  }

  void node_line(std::string& line, NodeId n) const {
    const Cost& cost = graph_.cost(n);
    line.assign("node ");
    append_name(line, n);
    line += ' ';
    append_quoted(line, graph_.op(n));
    line += ' ';
    line += name(graph_.phase(n));
    line += " flags=";
    line += flags_text(graph_.flags(n));
    append_field(line, "time", cost.time);
    append_field(line, "workspace", cost.workspace);
    append_field(line, "flops", cost.flops);
    append_arguments(line, " in=", graph_.inputs(n));
    append_arguments(line, " out=", graph_.outputs(n));
  }

  template <class Sink>
  void write_edges_and_outputs(Sink& sink) const {
    std::string line;
    for (const auto& [before, after] : graph_.order_edges()) {
      line.assign("order ");
      append_name(line, before);
      line += ' ';
      append_name(line, after);
      sink(line);
    }
    for (const ValueId v : graph_.outputs()) {
      line.assign("output ");
      append_name(line, v);
      sink(line);
    }
  }

  const Graph& graph_;
  Naming naming_;
  std::string values_;               // lines of all values, one after the other
  std::vector<std::size_t> offset_;  // where each begins; one more for the end
};

// XXH3-128 over lines as they come.
class LineHash {
 public:
  LineHash() { XXH3_128bits_reset(&state_); }
  void add(std::string_view line) {
    XXH3_128bits_update(&state_, line.data(), line.size());
    XXH3_128bits_update(&state_, "\n", 1);
  }
  [[nodiscard]] std::string hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(&state_);
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  XXH3_state_t state_{};
};

std::string fingerprint(const Graph& graph, Naming naming) {
  LineHash hash;
  CanonicalWriter(graph, naming)
      .write([&](std::string_view line) { hash.add(line); }, [](NodeId, std::string_view) {});
  return hash.hex();
}

// "float32[8,64], int64[8]": what a node makes.
std::string outputs_type(const Graph& graph, NodeId n) {
  std::string text;
  for (const ValueId v : graph.outputs(n)) {
    if (v == kNone<ValueId>) continue;
    if (!text.empty()) text += ", ";
    text += name(graph.dtype(v));
    append_shape(text, graph, v);
  }
  return text;
}

// The position of a text in a list that holds every text once.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string>& list) : list_(list) {}
  std::uint32_t position_of(std::string text) {
    const auto [at, fresh] = known_.emplace(text, static_cast<std::uint32_t>(list_.size()));
    if (fresh) list_.push_back(std::move(text));
    return at->second;
  }

 private:
  std::vector<std::string>& list_;
  std::unordered_map<std::string, std::uint32_t> known_;  // looked up, never walked
};

void add_places(const Graph& graph, GraphRecord& record) {
  TextTable modules(record.modules);
  TextTable types(record.types);
  record.places.reserve(graph.node_count());
  for (const NodeId n : graph.nodes()) {
    record.places.push_back({modules.position_of(printable(graph.module(n))),
                             types.position_of(outputs_type(graph, n))});
  }
}

std::string describe(const NodeRecord& node) {
  return fmt::format("'{}' ({})", node.name, node.op);
}

std::string describe(const BufferRecord& buffer) {
  return fmt::format("'{}' of {} bytes", buffer.name, buffer.bytes);
}

// Index of the first entry that differs; the common length if none does.
template <class Record>
std::size_t first_mismatch(const std::vector<Record>& a, const std::vector<Record>& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  return i;
}

// "node 3 is … in the plan, … in the graph", where one of them may have ended.
template <class Record>
std::string difference_at(std::string_view kind, std::size_t i, const std::vector<Record>& plan,
                          const std::vector<Record>& graph) {
  if (i >= plan.size()) {
    return fmt::format("{} {}, {}, is only in the graph", kind, i, describe(graph[i]));
  }
  if (i >= graph.size()) {
    return fmt::format("{} {}, {}, is only in the plan", kind, i, describe(plan[i]));
  }
  return fmt::format("{} {} is {} in the plan, {} in the graph", kind, i, describe(plan[i]),
                     describe(graph[i]));
}

std::optional<std::string> node_difference(const std::vector<NodeRecord>& plan,
                                           const std::vector<NodeRecord>& graph) {
  const std::size_t i = first_mismatch(plan, graph);
  if (i == plan.size() && i == graph.size()) return std::nullopt;
  if (plan.size() != graph.size()) {
    return fmt::format(
        "{} nodes in the plan, {} in the graph; {}", plan.size(), graph.size(),
        i < plan.size() && i < graph.size() && describe(plan[i]) == describe(graph[i])
            ? fmt::format("node {} {} differs first", i, describe(plan[i]))
            : difference_at("node", i, plan, graph));
  }
  if (plan[i].name != graph[i].name || plan[i].op != graph[i].op) {
    return difference_at("node", i, plan, graph);
  }
  return fmt::format("node {} {}: its inputs, shapes, sizes or costs differ", i, describe(plan[i]));
}

std::optional<std::string> buffer_difference(const std::vector<BufferRecord>& plan,
                                             const std::vector<BufferRecord>& graph) {
  const std::size_t i = first_mismatch(plan, graph);
  if (i == plan.size() && i == graph.size()) return std::nullopt;
  if (i < plan.size() && i < graph.size() && describe(plan[i]) == describe(graph[i])) {
    return fmt::format("tensor {} {} is made by another node", i, describe(plan[i]));
  }
  return difference_at("tensor", i, plan, graph);
}

}  // namespace

GraphRecord graph_record(const Graph& graph) {
  GraphRecord record;
  record.name = printable(graph.graph_name());
  record.nodes.reserve(graph.node_count());
  LineHash hash;
  CanonicalWriter(graph).write(
      [&](std::string_view line) { hash.add(line); },
      [&](NodeId n, std::string_view line) {
        record.nodes.push_back({printable(graph.name(n)), printable(graph.op(n)),
                                XXH3_64bits(line.data(), line.size())});
      });
  record.fingerprint = hash.hex();
  record.buffers.reserve(graph.buffer_count());
  for (const BufferId b : graph.buffers()) {
    record.buffers.push_back({printable(graph.name(b)), graph.owner(b), graph.bytes(b)});
  }
  record.unnamed_fingerprint = unnamed_fingerprint(graph);
  add_places(graph, record);
  return record;
}

std::string fingerprint(const Graph& graph) { return fingerprint(graph, Naming::given); }
std::string unnamed_fingerprint(const Graph& graph) { return fingerprint(graph, Naming::by_id); }

std::string text_hash(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string canonical_text(const Graph& graph) {
  std::string text;
  CanonicalWriter(graph).write([&](std::string_view line) { text.append(line) += '\n'; },
                               [](NodeId, std::string_view) {});
  return text;
}

std::optional<std::string> first_difference(const GraphRecord& plan, const GraphRecord& graph) {
  if (auto nodes = node_difference(plan.nodes, graph.nodes)) return nodes;
  if (auto buffers = buffer_difference(plan.buffers, graph.buffers)) return buffers;
  if (plan.fingerprint != graph.fingerprint) {
    return "parameters, inputs, outputs, order edges or dialect differ";
  }
  return std::nullopt;
}

}  // namespace hcb
