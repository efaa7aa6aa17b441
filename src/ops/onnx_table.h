// The op table of the ONNX dialect: one row per op type and range of opsets.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "ops/op.h"

namespace hcb {

// Every row, sorted by (domain, op, since).
[[nodiscard]] std::span<const OpRule> onnx_table();

// The row for that op in that opset of its domain ("" or "ai.onnx": the main one); nullptr:
// unknown. O(log rows).
[[nodiscard]] const OpRule* find_onnx_op(std::string_view domain, std::string_view op,
                                         std::int64_t opset);

}  // namespace hcb
