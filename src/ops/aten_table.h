// What PyTorch's aten ops cost: the table by name and overload.
//
// Joint graphs bring their backward nodes along, so a row says nothing of gradients; it says what
// one execution computes and moves:
//
//     mm                      2·|out|·K FLOPs         inputs read, outputs written
//     relu, relu_             |out| FLOPs             the same; a fusing compiler merges it
//     embedding               0                       rows copied and indices, not the whole table
//     view, t, expand …       0                       0, if the file says that its outputs are views
//
// In-place forms (`relu_`) and `out` overloads are the op itself.
#pragma once

#include <span>
#include <string_view>

#include "ops/op.h"

namespace hcb {

struct AtenRule {
  std::string_view op;             // without "aten::" and without the underscore of in-place forms
  std::string_view overload = {};  // empty: every overload that has no row of its own

  std::int64_t rate = 0;     // FLOPs per element, where `flops` is not given …
  bool per_input = false;    // … of input 0 instead of output 0
  bool pointwise = false;    // a fusing compiler makes it part of its neighbours
  bool random = false;       // draws random numbers
  bool hidden_size = false;  // an output's real size is not known without running it
  Count (*flops)(const OpCall&) = nullptr;
  Count (*bytes)(const OpCall&) = nullptr;  // moved; default: all inputs and outputs
  std::string_view formula = {};            // what `flops` computes, for people; empty without it
};

// `op` with or without "aten::". nullptr: no row, see aten_default_rule(). O(log rows).
[[nodiscard]] const AtenRule* find_aten_op(std::string_view op, std::string_view overload);

// For ops without a row: no FLOPs, everything read and written.
[[nodiscard]] const AtenRule& aten_default_rule();

// Tensor arguments of `call` are in argument order; other arguments are attributes under their
// names or, without one, their positions ("6") among all arguments.
[[nodiscard]] Count aten_flops(const AtenRule& rule, const OpCall& call);
[[nodiscard]] Count aten_bytes(const AtenRule& rule, const OpCall& call);

// All rows, sorted by (op, overload).
[[nodiscard]] std::span<const AtenRule> aten_rules();

}  // namespace hcb
