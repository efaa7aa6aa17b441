// docs/ops.md is the tables, written out: one line per row of every dialect. What depends on the
// call is asked of the row with a call of its own (all inputs floating, every gradient wanted, or
// one), so that the page cannot say what the table does not.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>

#include "ops/aten_table.h"
#include "ops/jax_table.h"
#include "ops/onnx_table.h"
#include "support/golden.h"

namespace hcb::test {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kHead = R"(# Ops

What `hcb` knows of each op, written from its tables (`src/ops`) by a test; `HCB_UPDATE_GOLDEN=1
build/release/bin/unit_tests -tc="docs/ops.md*"` writes it anew. Every row of the ONNX table has a case in
`tests/unit/ops` that checks what its backward reads, the bytes of its stash and gradients, and its
FLOPs against arithmetic in the test.

- |X| is the number of elements of X. A multiply-add is two FLOPs, a transcendental function one.
- *gradients*: inputs that can have one. *reads*: what the backward reads besides gradients and stash;
  "A: B" means that B is read for the gradient of A.
- *stash*: values that the forward makes for its backward alone.
- *backward* FLOPs are per gradient that is wanted and is no view, where a row does not say otherwise.
- *no formula*: what it computes depends on values; it costs what moving its bytes costs, and `hcb
  analyze` says which of a model's ops those are. An op without a row is read and written whole, its
  backward reads everything, and the report names it.
- A *weight* is an input where a floating constant is a parameter; *beside*: only beside an operand that
  leads to a parameter (biases and scales written as Add and Mul).

Ops on strings, sequences, optionals and maps have no row: tensors of those types have no size before
they exist, and a model that holds one is refused by name.
)";

std::string joined(const Names& words, std::string_view otherwise = "") {
  return words.empty() ? std::string(otherwise) : fmt::format("{}", fmt::join(words, ", "));
}

// "a | b" would end a cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

std::string line(const Names& cells) {
  std::string text = "|";
  for (const std::string& c : cells) text += " " + cell(c) + " |";
  return text + "\n";
}

std::string title(const Names& names) {
  std::string text = line(names) + "|";
  for (std::size_t i = 0; i < names.size(); ++i) text += "---|";
  return text + "\n";
}

std::string rate(std::int64_t per_element, std::string_view of) {
  if (per_element == 0) return "0";
  return per_element == 1 ? std::string(of) : fmt::format("{} · {}", per_element, of);
}

// The arguments of an op by name, and a call of it that has them all.
class Probe {
 public:
  Probe(const OpRule& rule, Names inputs, Names outputs)
      : rule_(rule), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
    const OpTensor tensor{.present = true, .dtype = DType::f32, .shape = kShape};
    call_.opset = rule.since;
    call_.inputs.assign(inputs_.size(), tensor);
    call_.outputs.assign(outputs_.size(), tensor);
    call_.training = rule.has_training;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      call_.wanted.push_back(rule.gradients.contains(i) ? 1 : 0);
  }

  [[nodiscard]] bool differentiable() const {
    return rule_.grad_outputs.mask != 0 || rule_.grad_outputs.contains(32);
  }

  [[nodiscard]] Names inputs_among(Positions positions) const {
    Names names;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (positions.contains(i)) names.push_back(inputs_[i]);
    }
    return names;
  }

  // What all gradients read, or each by itself where they differ.
  [[nodiscard]] std::string reads() const {
    const std::string all = saved(call_);
    Names each;
    bool same = true;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!call_.wants(i)) continue;
      OpCall one = call_;
      std::ranges::fill(one.wanted, 0);
      one.wanted[i] = 1;
      const std::string read = saved(one);
      same = same && read == all;
      each.push_back(fmt::format("{}: {}", inputs_[i], read.empty() ? "nothing" : read));
    }
    return same ? all : fmt::format("{}", fmt::join(each, "; "));
  }

  [[nodiscard]] std::string stash() const {
    Names names;
    for (const StashSpec& s : stash_of(rule_, call_))
      names.push_back(fmt::format("{} {}", s.name, name(s.dtype)));
    return joined(names);
  }

  [[nodiscard]] std::string views() const {
    if (rule_.view == nullptr) return "";
    Names ways;
    OpCall call = call_;
    int seen = 0;
    for (const bool constant : {false, true}) {
      for (const bool training : {false, true}) {
        call.inputs[0].constant = constant;
        call.training = training;
        seen += is_view(rule_, call) ? 1 : 0;
      }
    }
    call.outputs[0].shape = std::span(kShape).first(3);
    call.outputs[0].dtype = DType::f16;
    const bool always = seen == 4 && is_view(rule_, call);
    return always ? "view" : "view in some forms";
  }

 private:
  static constexpr std::array<std::int64_t, 4> kShape{2, 2, 2, 2};

  [[nodiscard]] std::string saved(const OpCall& call) const {
    const Saved saved = saved_by(rule_, call);
    Names names;
    for (const std::size_t i : saved.inputs) names.push_back(inputs_[i]);
    for (const std::size_t o : saved.outputs) names.push_back(outputs_[o]);
    return joined(names);
  }

  const OpRule& rule_;
  Names inputs_;
  Names outputs_;
  OpCall call_;
};

std::string flags_cell(const OpRule& rule, const Probe& probe) {
  Names words;
  const auto add = [&](bool is, std::string word) {
    if (is) words.push_back(std::move(word));
  };
  const auto positions_of = [&](std::string_view word, Positions positions) {
    const Names names = probe.inputs_among(positions);
    add(!names.empty(), fmt::format("{} {}", word, joined(names)));
  };
  const std::string views = probe.views();
  add(!views.empty(), views);
  add(rule.pointwise, "pointwise");
  add(rule.flags.random, "random");
  add(rule.training_flags.random, "random in training");
  add(rule.flags.effect, "effect");
  add(rule.training_flags.effect, "effect in training");
  positions_of("weight", rule.weights);
  positions_of("beside", rule.joint_weights);
  positions_of("buffer", rule.buffers);
  return joined(words);
}

std::string forward_cell(const OpRule& rule, std::string_view out) {
  if (rule.uncounted) return "no formula";
  if (rule.flops == nullptr) return rate(rule.rate, out);
  return rule.formula.empty() ? "see source" : std::string(rule.formula);
}

std::string backward_cell(const OpRule& rule, std::string_view out) {
  if (rule.grad_flops == nullptr) return rate(rule.grad_rate, out);
  return rule.grad_formula.empty() ? "see source" : std::string(rule.grad_formula);
}

// Names as ONNX gives them; "A, …" for variadic ones.
Names parameter_names(const std::vector<onnx::OpSchema::FormalParameter>& parameters) {
  Names names;
  for (const auto& parameter : parameters) {
    const bool variadic = parameter.GetOption() == onnx::OpSchema::Variadic;
    names.push_back(parameter.GetName() + (variadic ? " …" : ""));
  }
  return names;
}

std::string opsets(const OpRule& rule) {
  if (rule.until == OpRule::kAnyOpset) return fmt::format("{}-", rule.since);
  return fmt::format("{}-{}", rule.since, rule.until - 1);
}

std::string onnx_line(const OpRule& rule) {
  const std::int64_t newest = rule.until == OpRule::kAnyOpset ? 1000 : rule.until - 1;
  const auto* schema = onnx::OpSchemaRegistry::Schema(
      std::string(rule.op), static_cast<int>(newest), std::string(rule.domain));
  REQUIRE_MESSAGE(schema != nullptr, rule.op);
  const Probe probe(rule, parameter_names(schema->inputs()), parameter_names(schema->outputs()));
  const std::string op =
      rule.domain.empty() ? std::string(rule.op) : fmt::format("{}::{}", rule.domain, rule.op);
  if (!probe.differentiable()) {
    return line({op, opsets(rule), "none", "", "", forward_cell(rule, "|Y|"), "", "",
                 flags_cell(rule, probe)});
  }
  return line({op, opsets(rule), joined(probe.inputs_among(rule.gradients)), probe.reads(),
               probe.stash(), forward_cell(rule, "|Y|"), backward_cell(rule, "|Y|"),
               std::string(rule.workspace_formula), flags_cell(rule, probe)});
}

std::string onnx_part() {
  std::string text = fmt::format("\n## ONNX: {} rows\n\n", onnx_table().size());
  text += title(
      {"op", "opsets", "gradients", "reads", "stash", "FLOPs", "backward", "workspace", "flags"});
  for (const OpRule& rule : onnx_table()) text += onnx_line(rule);
  return text;
}

std::string aten_line(const AtenRule& rule) {
  Names flags;
  if (rule.pointwise) flags.emplace_back("pointwise");
  if (rule.random) flags.emplace_back("random");
  if (rule.hidden_size) flags.emplace_back("an output's bytes are known from a profile only");
  const std::string flops = rule.flops == nullptr
                                ? rate(rule.rate, rule.per_input ? "|in|" : "|out|")
                                : std::string(rule.formula);
  const std::string op =
      rule.overload.empty() ? std::string(rule.op) : fmt::format("{}.{}", rule.op, rule.overload);
  return line({op, flops, joined(flags)});
}

std::string aten_part() {
  std::string text = fmt::format("\n## aten: {} rows\n\n", aten_rules().size());
  text +=
      "Joint graphs bring their backward along: a row says what one execution costs. In-place "
      "forms\n"
      "and `out` overloads are the op itself; a view is what the file calls one.\n\n";
  text += title({"op", "FLOPs", "flags"});
  for (const AtenRule& rule : aten_rules()) text += aten_line(rule);
  return text;
}

// Operands have no names in jax; "0" is the first.
Names numbered(Positions positions) {
  Names names;
  for (std::size_t i = 0; i < 8; ++i) {
    if (positions.contains(i) && i < positions.rest) names.push_back(std::to_string(i));
  }
  if (positions.rest < 8) names.push_back(fmt::format("{} …", positions.rest));
  return names;
}

std::string jax_line(const OpRule& rule) {
  const std::size_t operands = 4;
  Names inputs;
  for (std::size_t i = 0; i < operands; ++i) inputs.push_back(std::to_string(i));
  const Probe probe(rule, inputs, {"out"});
  const std::string back = probe.differentiable() ? backward_cell(rule, "|out|") : "";
  return line({std::string(rule.op),
               probe.differentiable() ? joined(numbered(rule.gradients)) : "none",
               forward_cell(rule, "|out|"), back, flags_cell(rule, probe)});
}

std::string jax_part() {
  std::string text = fmt::format("\n## jax: {} rows\n\n", jax_table().size());
  text += title({"primitive", "gradients", "FLOPs", "backward", "flags"});
  for (const OpRule& rule : jax_table()) text += jax_line(rule);
  return text;
}

TEST_CASE("docs/ops.md is what the tables say") {
  CHECK(golden_difference(std::string(kHead) + onnx_part() + aten_part() + jax_part(),
                          "../../docs/ops.md") == "");
}

}  // namespace
}  // namespace hcb::test
