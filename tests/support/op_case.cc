#include "support/op_case.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "graph/graph.h"
#include "ingest/training.h"
#include "support/hand_models.h"

namespace hcb::test {
namespace {

constexpr std::string_view kNode = "op";

struct Argument {
  char mark = ' ';
  std::string name;
  std::vector<std::int64_t> shape;
  DType dtype = DType::f32;
};

std::vector<std::int64_t> read_shape(const std::string& text) {
  std::vector<std::int64_t> shape;
  if (text == "scalar") return shape;
  for (const std::string& dim : split(text, 'x')) shape.push_back(std::stoll(dim));
  return shape;
}

std::vector<Argument> read_arguments(const std::string& text) {
  std::vector<Argument> arguments;
  if (text.empty()) return arguments;
  for (std::string word : split(text, ' ')) {
    Argument argument;
    if (word == "-") {
      arguments.push_back(argument);
      continue;
    }
    if (std::string_view("*#+").find(word[0]) != std::string_view::npos) {
      argument.mark = word[0];
      word.erase(0, 1);
    }
    const auto parts = split(word, ':');
    argument.name = parts.at(0);
    argument.shape = read_shape(parts.at(1));
    if (parts.size() > 2) argument.dtype = dtype_named(parts[2]).value();
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

// The node, what it reads, and a parameter "anchor" of another branch, so that there is always one.
ForwardModel model_of(const OpCase& op_case, const std::vector<Argument>& inputs,
                      const std::vector<Argument>& outputs) {
  ForwardModelWriter w("case", op_case.opset);
  std::vector<std::string> names;
  std::vector<ForwardModelWriter::Out> made;
  w.constant("anchor", {2});
  w.node("anchoring", "Relu", {"anchor"}, {{.name = "anchored", .shape = {2}}});
  w.output("anchored");
  for (const Argument& x : inputs) {
    names.push_back(x.name);
    if (x.mark == '#') w.constant(x.name, x.shape, x.dtype);
    if (x.mark == ' ' && !x.name.empty()) w.input(x.name, x.shape, x.dtype);
    if (x.mark != '*') continue;
    w.constant("anchor_" + x.name, x.shape, x.dtype);
    w.node("make_" + x.name, "Relu", {"anchor_" + x.name}, {{x.name, x.shape, x.dtype}});
  }
  for (const Argument& y : outputs) made.push_back({y.name, y.shape, y.dtype});
  w.node(std::string(kNode), op_case.op, names, made, op_case.attributes, op_case.domain);
  for (const Argument& y : outputs) {
    if (y.mark == '+')
      w.node("read_" + y.name, "Shape", {y.name}, {{y.name + "_shape", {1}, DType::i64}});
  }
  const auto first = std::ranges::find_if(made, [](const auto& out) { return !out.name.empty(); });
  if (first != made.end()) w.output(first->name);
  return std::move(w).done();
}

std::optional<NodeId> find_node(const Graph& graph, std::string_view name) {
  for (const NodeId n : graph.nodes()) {
    if (graph.name(n) == name) return n;
  }
  return std::nullopt;
}

class Description {
 public:
  explicit Description(const Graph& graph) : graph_(graph) {}

  std::string run() && {
    const NodeId forward = find_node(graph_, kNode).value();
    const auto backward = find_node(graph_, fmt::format("{}/backward", kNode));
    flag(graph_.flags(forward).view, "view");
    flag(graph_.flags(forward).random, "random");
    flag(graph_.flags(forward).effect, "effect");
    flag(graph_.flags(forward).default_rule, "default");
    part("params", constants(forward, Role::parameter));
    part("buffers", constants(forward, Role::buffer));
    part("stash", stash(forward));
    if (backward) describe_backward(*backward);
    const std::int64_t back = backward ? graph_.cost(*backward).flops : 0;
    part("flops", {fmt::format("{}/{}", graph_.cost(forward).flops, back)});
    const Bytes scratch = backward ? graph_.cost(*backward).workspace : 0;
    if (graph_.cost(forward).workspace + scratch > 0)
      part("workspace", {fmt::format("{}/{}", graph_.cost(forward).workspace, scratch)});
    flag(!backward, "no gradient");
    return fmt::format("{}", fmt::join(words_, " "));
  }

 private:
  void flag(bool is_set, std::string word) {
    if (is_set) words_.push_back(std::move(word));
  }

  void part(std::string_view name, const std::vector<std::string>& items) {
    if (!items.empty()) words_.push_back(fmt::format("{}[{}]", name, fmt::join(items, " ")));
  }

  std::vector<std::string> constants(NodeId n, Role role) const {
    std::vector<std::string> names;
    for (const ValueId v : graph_.inputs(n)) {
      if (v != kNone<ValueId> && graph_.role(v) == role) names.emplace_back(graph_.name(v));
    }
    return names;
  }

  // "op/mask" -> "mask".
  std::string short_name(ValueId v) const {
    const std::string_view name = graph_.name(v);
    const std::size_t slash = name.find('/');
    return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
  }

  std::vector<std::string> stash(NodeId n) const {
    std::vector<std::string> items;
    for (const ValueId v : graph_.outputs(n)) {
      if (graph_.role(v) == Role::stash)
        items.push_back(fmt::format("{}:{}", short_name(v), graph_.bytes(graph_.buffer(v))));
    }
    return items;
  }

  void describe_backward(NodeId n) {
    std::vector<std::string> reads;
    std::vector<std::string> makes;
    for (const ValueId v : graph_.inputs(n)) {
      if (graph_.role(v) != Role::gradient) reads.push_back(short_name(v));
    }
    for (const ValueId v : graph_.outputs(n)) makes.push_back(gradient(v));
    part("reads", reads);
    part("makes", makes);
  }

  std::string gradient(ValueId v) const {
    const auto stem = [this](ValueId g) {
      return std::string(graph_.name(g).substr(0, graph_.name(g).find(".grad")));
    };
    const ValueId base = graph_.base_value(graph_.buffer(v));
    if (base != v) return fmt::format("{}={}", stem(v), stem(base));
    return fmt::format("{}:{}", stem(v), graph_.bytes(graph_.buffer(v)));
  }

  const Graph& graph_;
  std::vector<std::string> words_;
};

}  // namespace

std::string describe(const OpCase& op_case) {
  const auto inputs = read_arguments(op_case.inputs);
  const auto outputs = read_arguments(op_case.outputs);
  Options options;
  options.train = {"anchor*"};
  const auto built = build_graph(model_of(op_case, inputs, outputs), options);
  if (!built) return built.error().message;
  return Description(built->graph).run();
}

void check_cases(const std::vector<OpCase>& cases) {
  for (const OpCase& op_case : cases) {
    const std::string got = describe(op_case);
    CHECK_MESSAGE(got == op_case.expected, op_case.op, "(", op_case.inputs, ")\n   expected ",
                  op_case.expected, "\n   got      ", got);
  }
}

}  // namespace hcb::test
