// Recurrent layers, and control flow. A recurrent layer over T steps, batch N, D directions, hidden
// size H and G gate rows (4H for LSTM, 3H for GRU, H for RNN) is one node; its backward reads
//
//     x (for dW), W (for dx), R (always: the gradient runs back through it), the initial states,
//     y = h₁ … h_T, and the reserve: per step, batch entry and direction
//         LSTM  5H   the four gates after their activation, and the cell state
//         GRU   4H   the three gates, and R·h of the candidate before the reset gate
//         RNN   0    h itself holds the derivative
//       + H where the model does not ask for y, which is then kept here.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

struct Cell {
  std::int64_t reserve;    // multiples of H kept per step, batch entry and direction
  std::int64_t pointwise;  // operations per element of h, per step
  std::string_view formula;
  std::string_view grad_formula;
};

// G gate rows, I inputs; per step, batch entry and direction.
constexpr Cell kLstmCell{
    .reserve = 5,
    .pointwise = 9,
    .formula = "per cell 2 · G · (I + H) + 2 · G + 9 · H",
    .grad_formula =
        "per cell 2 · G · H + 18 · H, + 2 · G · I for X and W each, 2 · G · H for R, G "
        "for B"};
constexpr Cell kGruCell{.reserve = 4,
                        .pointwise = 9,
                        .formula = kLstmCell.formula,
                        .grad_formula = kLstmCell.grad_formula};
constexpr Cell kRnnCell{
    .reserve = 0,
    .pointwise = 1,
    .formula = "per cell 2 · H · (I + H) + 2 · H + H",
    .grad_formula =
        "per cell 2 · H · H + 2 · H, + 2 · H · I for X and W each, 2 · H · H for R, H "
        "for B"};

Saved save_for_rnn(const OpCall& call) {
  Saved saved{.inputs = {2, 4, 6, 7}, .outputs = {0}};
  if (call.wants(0)) saved.inputs.push_back(1);
  if (call.wants(1)) saved.inputs.push_back(0);
  if (call.wants(2)) saved.inputs.push_back(5);
  return saved;
}

template <const Cell& kCell>
std::vector<StashSpec> rnn_reserve(const OpCall& call) {
  const OpTensor& x = call.input(0);
  const std::int64_t kept = kCell.reserve + (call.output(0).present ? 0 : 1);
  const Count width = Count(kept) * call.input(2).dim(2);
  if (width.value() == 0) return {};
  return {{.name = "reserve",
           .dtype = x.dtype,
           .shape = {x.dim(0), x.dim(1), call.input(1).dim(0), width.value().value_or(-1)}}};
}

struct RnnSize {
  Count cells;  // T·N·D
  Count gates;  // G
  Count inputs;
  Count hidden;
};

RnnSize rnn_size(const OpCall& call) {
  const OpTensor& x = call.input(0);
  const OpTensor& w = call.input(1);
  return {.cells = Count(x.dim(0)) * x.dim(1) * w.dim(0),
          .gates = w.dim(1),
          .inputs = w.dim(2),
          .hidden = call.input(2).dim(2)};
}

// Products W·x and R·h, two additions per gate, then the cell.
template <const Cell& kCell>
Count rnn_flops(const OpCall& call) {
  const RnnSize size = rnn_size(call);
  return size.cells * (2 * size.gates * (size.inputs + size.hidden) + 2 * size.gates +
                       kCell.pointwise * size.hidden);
}

// Rᵀ·dgates and the cell always; Wᵀ·dgates, dgates·xᵀ, dgates·hᵀ and Σ dgates where wanted.
template <const Cell& kCell>
Count rnn_grad_flops(const OpCall& call) {
  const RnnSize size = rnn_size(call);
  const auto if_wanted = [&](std::size_t i, Count flops) { return call.wants(i) ? flops : 0; };
  const Count by_input = 2 * size.gates * size.inputs;
  const Count by_hidden = 2 * size.gates * size.hidden;
  return size.cells * (by_hidden + 2 * kCell.pointwise * size.hidden + if_wanted(0, by_input) +
                       if_wanted(1, by_input) + if_wanted(2, by_hidden) + if_wanted(3, size.gates));
}

// Inputs X, W, R, B, sequence lengths, h₀, c₀, P; outputs Y, Y_h, Y_c.
template <const Cell& kCell>
constexpr OpRule recurrent(std::string_view op) {
  return {.op = op,
          .gradients = positions(0, 1, 2, 3, 5, 6, 7),
          .grad_outputs = positions(0, 1, 2),
          .weights = positions(1, 2, 3, 7),
          .saves = save_for_rnn,
          .stash = rnn_reserve<kCell>,
          .flops = rnn_flops<kCell>,
          .grad_flops = rnn_grad_flops<kCell>,
          .formula = kCell.formula,
          .grad_formula = kCell.grad_formula};
}

// A node with bodies: the backward reads everything and runs them again.
OpRule structured(std::string_view op) {
  OpRule rule = default_rule();
  rule.op = op;
  rule.flags.default_rule = false;
  rule.uncounted = false;
  return rule;
}

const std::array kRules{
    recurrent<kLstmCell>("LSTM"), recurrent<kGruCell>("GRU"),
    recurrent<kRnnCell>("RNN"),   structured("If"),
    structured("Loop"),           structured("Scan"),
};

}  // namespace

std::span<const OpRule> rnn_rules() { return kRules; }

}  // namespace hcb::internal
