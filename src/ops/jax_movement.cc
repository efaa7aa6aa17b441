// Primitives that move, repeat, pick or make elements without computing with them: 0 FLOPs, priced
// by their bytes. Those that touch a part of an operand count the part.
#include <array>

#include "ops/aten_rules.h"
#include "ops/jax_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

bool of_array(const OpCall& call) { return !call.inputs.empty(); }

// Shares the storage of operand 0, and so does its gradient, its inverse.
constexpr OpRule view(std::string_view op) {
  return {.op = op, .gradients = positions(0), .carried = positions(0), .view = of_array};
}

// A view whose gradient is no view: repeated elements are summed, left-out ones are zero.
constexpr OpRule part(std::string_view op) {
  OpRule rule = view(op);
  rule.grad_rate = 1;
  rule.grad_view = [](const OpCall&, std::size_t) { return false; };
  return rule;
}

constexpr OpRule copy(std::string_view op, Positions gradients) {
  return {.op = op, .gradients = gradients, .grad_rate = 1};
}

// Copies part of operand 0; the other operands (indices) are read whole, and by the gradient again.
constexpr OpRule pick(std::string_view op) {
  return {.op = op,
          .gradients = positions(0),
          .grad_rate = 1,
          .saves =
              [](const OpCall& call) {
                Saved saved = save_inputs(call);
                if (!saved.inputs.empty()) saved.inputs.erase(saved.inputs.begin());
                return saved;
              },
          .bytes = copied_bytes};
}

// (operand, indices, updates): one operation per element of the updates.
Count update_flops(const OpCall& call) {
  return call.inputs.empty() ? Count(0) : call.inputs.back().elements();
}

Saved save_indices(const OpCall& call) {
  return call.inputs.size() < 2 ? Saved{} : Saved{.inputs = {1}, .outputs = {}};
}

constexpr OpRule scatter(std::string_view op, Saved (*saves)(const OpCall&)) {
  return {.op = op,
          .gradients = positions(0, 2),
          .grad_rate = 1,
          .saves = saves,
          .flops = update_flops};
}

// (operand, update, starts …).
constexpr OpRule kUpdateSlice{.op = "dynamic_update_slice",
                              .gradients = positions(0, 1),
                              .grad_rate = 1,
                              .saves = [](const OpCall& call) {
                                Saved saved;
                                for (std::size_t i = 2; i < call.inputs.size(); ++i)
                                  saved.inputs.push_back(i);
                                return saved;
                              }};

// Written, nothing read.
constexpr OpRule make(std::string_view op) {
  return {.op = op, .grad_outputs = kNoPosition, .pointwise = true, .bytes = written_bytes};
}

OpRule split(std::string_view op) {
  OpRule rule = part(op);
  rule.grad_outputs = kEveryPosition;
  return rule;
}

const std::array kRules = std::to_array<OpRule>({
    view("reshape"),
    view("transpose"),
    view("squeeze"),
    view("expand_dims"),
    part("broadcast_in_dim"),
    part("slice"),
    split("split"),
    split("unstack"),
    view("bitcast_convert_type"),
    copy("rev", positions(0)),
    copy("pad", positions(0, 1)),
    copy("concatenate", kEveryPosition),
    copy("stack", kEveryPosition),
    copy("tile", positions(0)),
    pick("dynamic_slice"),
    pick("gather"),
    kUpdateSlice,
    scatter("scatter", save_indices),
    scatter("scatter-add", save_indices),
    scatter("scatter-sub", save_indices),
    scatter("scatter-mul", save_inputs),
    scatter("scatter-min", save_inputs),
    scatter("scatter-max", save_inputs),
    make("iota"),
    make("empty"),
    make("empty2"),
});

}  // namespace

std::span<const OpRule> jax_movement_rules() { return kRules; }

}  // namespace hcb::internal
