// Dropping tensor contents from an ONNX file before protobuf sees it.
//
// A planner needs names, types and shapes; the contents of weights are nearly all of a file's
// bytes. The filter walks the wire format of ModelProto and copies everything but what planning
// never reads:
//
//     model ── graph ── node ── attribute ── tensor ── raw_data 9.4 MB      dropped, marked as external
//                    └─ initializer ── raw_data 16 bytes                    kept: shapes, axes, pads
//
// Dropped: tensor payloads (all seven typed fields and raw_data, sparse tensors too) of more than
// kKeptPayload bytes in one tensor, doc strings, external file names, training_info, metadata other
// than module paths. Invariant: what comes out is a ModelProto with the same graph, and every
// length in it was checked against the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hcb {

inline constexpr std::size_t kKeptPayload = 4096;  // bytes of contents one tensor may keep
inline constexpr int kDeepestMessage = 90;         // nested messages; protobuf itself stops at 100

// The filtered bytes. O(file structure); payloads are skipped, not read. Errors (bad_input, `name`
// in front): truncated or damaged (with the byte offset), nested too deeply, not protobuf at all,
// no graph in it.
[[nodiscard]] Result<std::string> strip_payloads(std::string_view bytes, const std::string& name);

}  // namespace hcb
