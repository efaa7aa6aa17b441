// Row families of the jax table. Internal to src/ops.
#pragma once

#include <span>

#include "ops/op.h"

namespace hcb::internal {

[[nodiscard]] std::span<const OpRule> jax_pointwise_rules();    // jax_pointwise.cc
[[nodiscard]] std::span<const OpRule> jax_movement_rules();     // jax_movement.cc
[[nodiscard]] std::span<const OpRule> jax_reduction_rules();    // jax_reduction.cc
[[nodiscard]] std::span<const OpRule> jax_contraction_rules();  // jax_contraction.cc
[[nodiscard]] std::span<const OpRule> jax_random_rules();       // jax_random.cc

}  // namespace hcb::internal
