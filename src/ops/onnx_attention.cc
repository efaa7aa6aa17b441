// Attention in its forms: one op where exporters otherwise write two products and a softmax; and
// the causal convolution that stands in front of linear attention.
#include <algorithm>
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

// Inputs Q, K, V, mask, past K, past V; heads either as an axis (rank 4) or packed into the last
// one (rank 3, with the head counts as attributes).
struct AttentionShape {
  Count queries;  // batch · query heads · query positions
  Count keys;     // key positions, past ones included
  Count width;    // head width of Q and K plus that of V
};

AttentionShape attention_shape(const OpCall& call) {
  const OpTensor& q = call.input(0);
  const OpTensor& k = call.input(1);
  const OpTensor& v = call.input(2);
  const bool packed = q.shape.size() == 3;
  const std::int64_t q_heads = packed ? call.integer("q_num_heads", 1) : q.dim(1);
  const std::int64_t kv_heads = packed ? call.integer("kv_num_heads", 1) : k.dim(1);
  const Count head_width = packed ? Count(q.dim(-1)) / q_heads : Count(q.dim(-1));
  const Count value_width = packed ? Count(v.dim(-1)) / kv_heads : Count(v.dim(-1));
  const Count past = call.input(4).present ? call.input(4).dim(2) : 0;
  return {.queries = Count(q.dim(0)) * q_heads * q.dim(-2),
          .keys = past + k.dim(-2),
          .width = head_width + value_width};
}

// Two products and a softmax (5 operations) per query and key.
Count attention_flops(const OpCall& call) {
  const AttentionShape shape = attention_shape(call);
  return shape.queries * shape.keys * (2 * shape.width + 5) + call.body.flops;
}

// The scores again (one product), then four products for dP, dV, dQ and dK, and dS = P·(dP - Σ).
// Bodies run again and back.
Count attention_grad_flops(const OpCall& call) {
  const AttentionShape shape = attention_shape(call);
  return shape.queries * shape.keys * (5 * shape.width + 9) + 3 * call.body.flops;
}

// The backward rebuilds each row of probabilities from Q, K and the log of its sum.
std::vector<StashSpec> attention_stash(const OpCall& call) {
  const OpTensor& q = call.input(0);
  const std::int64_t heads = q.shape.size() == 3 ? call.integer("q_num_heads", 1) : q.dim(1);
  return {{.name = "log_sum_exp", .dtype = DType::f32, .shape = {q.dim(0), heads, q.dim(-2)}}};
}

constexpr OpRule kAttention{
    .op = "Attention",
    .since = 23,
    .gradients = positions(0, 1, 2, 3, 4, 5),
    .droppable = positions(3),
    .saves = [](const OpCall&) { return Saved{.inputs = {0, 1, 2, 3, 4, 5, 6}, .outputs = {0}}; },
    .stash = attention_stash,
    .flops = attention_flops,
    .grad_flops = attention_grad_flops,
    .formula = "scores · (2 · (E + Ev) + 5)",
    .grad_formula = "scores · (5 · (E + Ev) + 9)"};

// The same with scores and probabilities changed by bodies.
constexpr OpRule kFlexAttention{
    .op = "FlexAttention",
    .domain = "ai.onnx.preview",
    .gradients = positions(0, 1, 2),
    .saves = [](const OpCall&) { return Saved{.inputs = {0, 1, 2}, .outputs = {0}}; },
    .stash = attention_stash,
    .flops = attention_flops,
    .grad_flops = attention_grad_flops,
    .formula = "scores · (2 · (E + Ev) + 5), + its bodies",
    .grad_formula = "scores · (5 · (E + Ev) + 9), + 3 · its bodies"};

// Linear attention: inputs q, k, v, past state, decay g, rate β, packed as [batch, T, heads·width].
// Per position and key head a state S of dk × dv:
//
//     S = e^g·S + β·k·(v - Sᵀk)ᵀ     o = scale·Sᵀq       (no g: linear, delta; no β: linear, gated)
struct StateSize {
  Count positions;  // batch · T · key heads
  Count state;      // dk · dv
  Count value;      // dv
};

StateSize state_size(const OpCall& call) {
  const OpTensor& q = call.input(0);
  const std::int64_t heads = call.integer("kv_num_heads", 1);
  const Count key = Count(q.dim(2)) / call.integer("q_num_heads", 1);
  const Count value = Count(call.input(2).dim(2)) / heads;
  return {.positions = Count(q.dim(0)) * q.dim(1) * heads, .state = key * value, .value = value};
}

// k·vᵀ and its sum; the decay of S; Sᵀk, the difference and the rate.
Count state_update_flops(const OpCall& call) {
  const StateSize size = state_size(call);
  const std::string_view rule = call.text("update_rule", "gated_delta");
  const bool gated = rule.starts_with("gated");
  const bool delta = rule.ends_with("delta");
  return size.positions *
         ((gated ? 3 : 2) * size.state + (delta ? 2 * size.state + 2 * size.value : Count(0)));
}

// Sᵀq and the scale, for every query head.
Count state_read_flops(const OpCall& call) {
  const StateSize size = state_size(call);
  const Count queries = size.positions * call.integer("q_num_heads", 1);
  return queries * (2 * size.state + size.value) / call.integer("kv_num_heads", 1);
}

Count linear_attention_flops(const OpCall& call) {
  return state_update_flops(call) + state_read_flops(call);
}

// States are not kept: the backward makes them again, chunk by chunk, from those between chunks.
Count chunk_states(const OpCall& call) {
  const StateSize size = state_size(call);
  const std::int64_t chunk = std::max<std::int64_t>(call.integer("chunk_size", 64), 1);
  const std::int64_t steps = std::max<std::int64_t>(call.input(0).dim(1), 1);
  const std::int64_t chunks = steps / chunk + (steps % chunk != 0 ? 1 : 0);
  const Count states = size.positions / steps * chunks;
  return 4 * states * size.state;  // float32
}

constexpr OpRule kLinearAttention{
    .op = "LinearAttention",
    .since = 27,
    .gradients = positions(0, 1, 2, 3, 4, 5),
    .grad_outputs = positions(0, 1),
    .saves = save_inputs,
    .flops = linear_attention_flops,
    .grad_flops =
        [](const OpCall& call) {
          return state_update_flops(call) + 2 * linear_attention_flops(call);
        },
    .grad_workspace = chunk_states,
    .formula =
        "states · dk · dv · (2, gated 3, delta + 2), delta + 2 · states · dv; "
        "+ queries · (2 · dk · dv + dv)",
    .grad_formula = "the states again, + 2 · the forward",
    .workspace_formula = "back: the states between chunks, float32"};

// y = act(w * x + b) per channel, x with the last k-1 positions of the past in front. With an
// activation its argument is computed again.
constexpr std::int64_t kSiluRate = 4;
constexpr std::int64_t kSiluGradRate = 6;

bool is_activated(const OpCall& call) { return call.text("activation", "none") != "none"; }

Count causal_product(const OpCall& call) {
  return 2 * call.output(0).elements() * call.input(1).dim(-1);
}

Count causal_flops(const OpCall& call) {
  const std::int64_t rate = (call.input(2).present ? 1 : 0) + (is_activated(call) ? kSiluRate : 0);
  return causal_product(call) + rate * call.output(0).elements();
}

Count causal_grad_flops(const OpCall& call) {
  Count total = call.wants(2) ? call.output(0).elements() : Count(0);
  for (const std::size_t i : {0, 1}) total += call.wants(i) ? causal_product(call) : Count(0);
  if (!is_activated(call)) return total;
  return total + causal_product(call) + kSiluGradRate * call.output(0).elements();
}

Saved save_for_causal_convolution(const OpCall& call) {
  if (is_activated(call)) return save_inputs(call);
  Saved saved = save_other_factor(call);
  if (call.wants(1)) saved.inputs.push_back(3);
  return saved;
}

constexpr OpRule kCausalConvWithState{
    .op = "CausalConvWithState",
    .since = 27,
    .gradients = positions(0, 1, 2, 3),
    .grad_outputs = positions(0, 1),
    .weights = positions(1, 2),
    .saves = save_for_causal_convolution,
    .flops = causal_flops,
    .grad_flops = causal_grad_flops,
    .formula = "2 · |Y| · k, + |Y| with bias, + 4 · |Y| with activation",
    .grad_formula =
        "2 · |Y| · k for input and weight, |Y| for bias; with activation "
        "+ 2 · |Y| · k + 6 · |Y|"};

constexpr std::array kRules{kAttention, kFlexAttention, kLinearAttention, kCausalConvWithState};

}  // namespace

std::span<const OpRule> attention_rules() { return kRules; }

}  // namespace hcb::internal
