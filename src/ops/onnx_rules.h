// Row families of the ONNX table and the few functions they share. Internal to src/ops.
#pragma once

#include <span>

#include "ops/op.h"

namespace hcb::internal {

[[nodiscard]] std::span<const OpRule> pointwise_rules();    // onnx_pointwise.cc
[[nodiscard]] std::span<const OpRule> movement_rules();     // onnx_movement.cc
[[nodiscard]] std::span<const OpRule> reduction_rules();    // onnx_reduction.cc
[[nodiscard]] std::span<const OpRule> contraction_rules();  // onnx_contraction.cc
[[nodiscard]] std::span<const OpRule> attention_rules();    // onnx_attention.cc
[[nodiscard]] std::span<const OpRule> signal_rules();       // onnx_signal.cc
[[nodiscard]] std::span<const OpRule> window_rules();       // onnx_window.cc
[[nodiscard]] std::span<const OpRule> norm_rules();         // onnx_norm.cc
[[nodiscard]] std::span<const OpRule> rnn_rules();          // onnx_rnn.cc
[[nodiscard]] std::span<const OpRule> blind_rules();        // onnx_blind.cc
[[nodiscard]] std::span<const OpRule> domain_rules();       // onnx_domains.cc

// Saved: the first input, the first output, both, all inputs.
[[nodiscard]] Saved save_input(const OpCall& call);
[[nodiscard]] Saved save_output(const OpCall& call);
[[nodiscard]] Saved save_input_and_output(const OpCall& call);
[[nodiscard]] Saved save_inputs(const OpCall& call);
// A product: each of the first two inputs is saved if the gradient of the other is wanted.
[[nodiscard]] Saved save_other_factor(const OpCall& call);

// Full-size temporaries of gradients that are summed down to the shape of a broadcast input.
[[nodiscard]] Count broadcast_temporaries(const OpCall& call);

// Bytes of a copy: outputs read from the source and written, and all inputs but the first read.
[[nodiscard]] Count copied_bytes(const OpCall& call);

[[nodiscard]] Count product(std::span<const std::int64_t> dims);

// Halvings that bring n to 1, rounded up; 0 for n below 2.
[[nodiscard]] std::int64_t log2_up(std::int64_t n);

}  // namespace hcb::internal
