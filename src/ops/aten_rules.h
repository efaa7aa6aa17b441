// Row families of the aten table. Internal to src/ops.
#pragma once

#include <span>

#include "ops/aten_table.h"

namespace hcb::internal {

[[nodiscard]] std::span<const AtenRule> aten_pointwise_rules();    // aten_pointwise.cc
[[nodiscard]] std::span<const AtenRule> aten_movement_rules();     // aten_movement.cc
[[nodiscard]] std::span<const AtenRule> aten_reduction_rules();    // aten_reduction.cc
[[nodiscard]] std::span<const AtenRule> aten_contraction_rules();  // aten_contraction.cc
[[nodiscard]] std::span<const AtenRule> aten_linalg_rules();       // aten_linalg.cc

// Bytes of the outputs alone: what is filled, not read.
[[nodiscard]] Count written_bytes(const OpCall& call);

}  // namespace hcb::internal
