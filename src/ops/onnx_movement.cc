// Ops that move or reinterpret elements without arithmetic. Every value of this dialect is dense in
// row-major order, so an op either keeps the order of the elements (a view, no cost) or copies.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

bool always(const OpCall&) { return true; }

constexpr OpRule view(std::string_view op, std::int64_t since = 1) {
  return {
      .op = op, .since = since, .gradients = positions(0), .carried = positions(0), .view = always};
}

// A rearrangement whose inverse needs nothing but shapes.
constexpr OpRule copy(std::string_view op, std::int64_t since = 1) {
  return {.op = op,
          .since = since,
          .gradients = positions(0),
          .carried = positions(0),
          .bytes = copied_bytes};
}

// y = x at `where` (argument 1): dx is zero but for g at the same places.
constexpr OpRule pick(std::string_view op, std::int64_t since, Positions weights) {
  return {.op = op,
          .since = since,
          .gradients = positions(0),
          .weights = weights,
          .grad_rate = 1,
          .saves = [](const OpCall&) { return Saved{.inputs = {1}, .outputs = {}}; },
          .bytes = copied_bytes};
}

// Copies of one element to several places: the gradient sums over them.
constexpr OpRule repeat(std::string_view op, std::int64_t since) {
  OpRule rule = copy(op, since);
  rule.carried = kNoPosition;
  rule.grad_rate = 1;
  rule.bytes = nullptr;
  return rule;
}

// Overlapping columns are added up; the gradient copies them out again.
constexpr OpRule kCol2Im{.op = "Col2Im",
                         .since = 18,
                         .gradients = positions(0),
                         .flops = [](const OpCall& call) { return call.input(0).elements(); },
                         .formula = "|X|"};

// Matrix multiplication reads a weight in either layout, so the transpose of a constant and its
// gradient are views; the transpose of anything else is a copy.
OpRule transpose() {
  OpRule rule = copy("Transpose");
  rule.view = [](const OpCall& call) { return call.input(0).constant; };
  return rule;
}

OpRule expand() {
  OpRule rule = repeat("Expand", 8);
  rule.carried = positions(0);
  rule.view = [](const OpCall& call) { return !call.broadcasts(0); };
  return rule;
}

// Pieces of the gradient go to the operands. A constant beside an operand that leads to a parameter
// is a weight (class tokens).
OpRule concat() {
  OpRule rule = copy("Concat");
  rule.gradients = kEveryPosition;
  rule.joint_weights = kEveryPosition;
  rule.carried = kEveryPosition;
  rule.bytes = nullptr;
  return rule;
}

OpRule split() {
  OpRule rule = copy("Split");
  rule.grad_outputs = kEveryPosition;
  return rule;
}

// y = x with u written at `where` (argument 1): dx = g with zeros there, du = g there. With a
// reduction mul, max or min both sides are needed as well.
constexpr OpRule scatter(std::string_view op, std::int64_t since, std::int64_t until) {
  return {.op = op,
          .since = since,
          .until = until,
          .gradients = positions(0, 2),
          .carried = positions(0),
          .grad_rate = 1,
          .saves = [](const OpCall& call) {
            const std::string_view how = call.text("reduction", "none");
            if (how == "none" || how == "add") return Saved{.inputs = {1}, .outputs = {}};
            return Saved{.inputs = {0, 1, 2}, .outputs = {0}};
          }};
}

// y = x with `update` written into a cache at write_indices (argument 2).
constexpr OpRule kTensorScatter{
    .op = "TensorScatter", .since = 24, .gradients = positions(0, 1), .saves = [](const OpCall&) {
      return Saved{.inputs = {2}, .outputs = {}};
    }};

// Linear interpolation: the gradient distributes g with weights known from the shapes.
constexpr OpRule resize(std::string_view op, std::int64_t since, std::int64_t until) {
  return {.op = op,
          .since = since,
          .until = until,
          .gradients = positions(0),
          .flops =
              [](const OpCall& call) {
                const bool nearest = call.text("mode", "nearest") == "nearest";
                return nearest ? Count(0) : 8 * call.output(0).elements();
              },
          .grad_flops =
              [](const OpCall& call) {
                const bool nearest = call.text("mode", "nearest") == "nearest";
                return (nearest ? 1 : 8) * call.output(0).elements();
              },
          .formula = "8 · |Y|, 0 for the nearest element",
          .grad_formula = "8 · |Y|, |Y| for the nearest element"};
}

const std::array kRules{
    view("Identity"),
    view("Reshape"),
    view("Flatten"),
    view("Squeeze"),
    view("Unsqueeze"),
    view("OptionalGetElement", 15),  // of a tensor
    transpose(),
    copy("Slice"),
    copy("DepthToSpace"),
    copy("SpaceToDepth"),
    copy("Trilu", 14),
    copy("Pad"),
    copy("CenterCropPad", 18),
    concat(),
    split(),
    expand(),
    repeat("Tile", 1),
    kCol2Im,
    pick("Gather", 1, positions(0)),
    pick("GatherElements", 11, kNoPosition),
    pick("GatherND", 11, positions(0)),
    pick("Compress", 9, kNoPosition),
    pick("ReverseSequence", 10, kNoPosition),
    scatter("Scatter", 9, 11),
    scatter("ScatterElements", 11, OpRule::kAnyOpset),
    scatter("ScatterND", 11, OpRule::kAnyOpset),
    kTensorScatter,
    resize("Resize", 10, OpRule::kAnyOpset),
    resize("Upsample", 7, 10),
};

}  // namespace

std::span<const OpRule> movement_rules() { return kRules; }

}  // namespace hcb::internal
