// Local functions: calls replaced by what they stand for.
#pragma once

#include <string>

#include <onnx/onnx_pb.h>

#include "base/result.h"
#include "ingest/onnx_infer.h"

namespace hcb {

inline constexpr std::int64_t kMostInlined = 10'000'000;  // nodes
inline constexpr std::size_t kDeepestCall = 100;

// Inlines all local functions of `model`: nested calls, attributes by reference, defaults and
// overloads. Says so in notes.details. Runs third-party code: call it through infer_and_fold. Errors
// (bad_input): functions that call each other in a circle (with the path), calls nested deeper than
// kDeepestCall; limit: more than kMostInlined nodes would result. O(nodes after inlining).
[[nodiscard]] Result<void> inline_functions(onnx::ModelProto& model, const std::string& name,
                                            InferenceNotes& notes);

}  // namespace hcb
