// The bytes of an hcb.v1 file as a message: what every reader of one begins with. Internal to
// src/ingest.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "hcb/v1/graph.pb.h"

namespace hcb::internal {

// Parsed and verified. Errors (bad_input): no hcb.v1 graph, damaged bytes, and those of
// verify_hcb(). O(file).
[[nodiscard]] Result<v1::Graph> parse_hcb_file(std::string_view bytes);

// The error with the name of its file in front, unless it is about the command line.
[[nodiscard]] Error in_file(const std::string& name, Error error);

}  // namespace hcb::internal
