// The op table of the jax dialect: one row per primitive, by jax's own name.
//
//     dot_general        saves the other factor    2·|out|·K FLOPs
//     tanh               saves its output          |out| FLOPs, merged by a fusing compiler
//     transpose          saves nothing             a view, no cost
//
// Graphs bring their backward along or have none, so ingest asks a row only for its flags and costs;
// what it says of gradients and saved values is for people (docs/ops.md). Inputs are a node's tensor operands in jaxpr
// order; literals among the operands are no inputs. Parameters are attributes under jax's names;
// what is nested is named by its path: "dimension_numbers.rhs_spec" is a field of a record,
// "dimension_numbers.0.1" the second item of the first (dot_general's rhs contracting dims).
#pragma once

#include <span>
#include <string_view>

#include "ops/op.h"

namespace hcb {

// Every row, sorted by op.
[[nodiscard]] std::span<const OpRule> jax_table();

// nullptr: no row, see default_rule(). O(log rows).
[[nodiscard]] const OpRule* find_jax_op(std::string_view op);

// What one execution that copies computes and moves; whether it is a view instead depends on
// strides, which the file knows (a reshape of a transposed array copies).
[[nodiscard]] Count jax_flops(const OpRule& rule, const OpCall& call);
[[nodiscard]] Count jax_bytes(const OpRule& rule, const OpCall& call);

}  // namespace hcb
