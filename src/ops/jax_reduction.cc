// Primitives that fold dims away, run along one, or order one.
#include <array>

#include "ops/jax_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

using SavesFn = Saved (*)(const OpCall&);

// One operation per element of the operand.
Count operand_flops(const OpCall& call) { return call.input(0).elements(); }

constexpr OpRule fold(std::string_view op, SavesFn saves, Positions gradients = positions(0)) {
  return {.op = op,
          .gradients = gradients,
          .grad_rate = 1,
          .saves = saves,
          .flops = operand_flops,
          .grad_flops = operand_flops};
}

// Logical, or positions: no gradient.
constexpr OpRule pick(std::string_view op) {
  return {.op = op, .grad_outputs = kNoPosition, .flops = operand_flops};
}

constexpr OpRule scan(std::string_view op, SavesFn saves) {
  return {
      .op = op, .gradients = positions(0), .grad_rate = 1, .saves = saves, .flops = operand_flops};
}

// n·log2(n) comparisons along a dim of n elements.
Count sort_flops(const OpCall& call) {
  const std::int64_t axis = call.integer("dimension", call.integer("axis", -1));
  return call.input(0).elements() * log2_up(call.input(0).dim(axis));
}

// The gradient puts elements back, or forth: by the order that the operands give, or by the indices
// that are an output.
const OpRule kSort{.op = "sort",
                   .gradients = kEveryPosition,
                   .grad_outputs = kEveryPosition,
                   .grad_rate = 1,
                   .saves = save_inputs,
                   .flops = sort_flops};
const OpRule kTopK{.op = "top_k",
                   .gradients = positions(0),
                   .grad_rate = 1,
                   .saves = [](const OpCall&) { return Saved{.inputs = {}, .outputs = {1}}; },
                   .flops = sort_flops};

Count window(const OpCall& call) {
  Count size = 1;
  for (const std::int64_t extent : call.integers("window_dimensions")) size *= extent;
  return size;
}

// One operation per element of every window.
Count window_flops(const OpCall& call) { return call.output(0).elements() * window(call); }

// The windows are those of the operand that is compared, the last one.
Count selecting_flops(const OpCall& call) { return call.input(0).elements() * window(call); }

constexpr OpRule windows(std::string_view op, SavesFn saves, Count (*flops)(const OpCall&),
                         Positions gradients = positions(0)) {
  return {.op = op,
          .gradients = gradients,
          .grad_rate = 1,
          .saves = saves,
          .flops = flops,
          .grad_flops = flops};
}

const std::array kRules = std::to_array<OpRule>({
    fold("reduce_sum", nullptr),
    fold("reduce_max", save_input_and_output),
    fold("reduce_min", save_input_and_output),
    fold("reduce_prod", save_input),
    pick("reduce_and"),
    pick("reduce_or"),
    pick("reduce_xor"),
    pick("argmax"),
    pick("argmin"),
    scan("cumsum", nullptr),
    scan("cumprod", save_input),
    scan("cummax", save_input_and_output),
    scan("cummin", save_input_and_output),
    scan("cumlogsumexp", save_input_and_output),
    kSort,
    kTopK,
    windows("reduce_window_sum", nullptr, window_flops),
    windows("reduce_window_max", save_input, window_flops),
    windows("reduce_window_min", save_input, window_flops),
    windows(
        "select_and_scatter_add", [](const OpCall&) { return Saved{.inputs = {1}, .outputs = {}}; },
        selecting_flops),
    windows(
        "select_and_gather_add", [](const OpCall&) { return Saved{.inputs = {1}, .outputs = {}}; },
        window_flops),
});

}  // namespace

std::span<const OpRule> jax_reduction_rules() { return kRules; }

}  // namespace hcb::internal
