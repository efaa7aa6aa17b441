// Every field of a step file, checked before anything is built from it. Internal to src/ingest.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "hcb/v1/graph.pb.h"

namespace hcb::internal {

// Version, dialects, enumerators, indexes, sizes, order and phases. Messages name node or value and
// the field, not the file. O(file).
[[nodiscard]] Result<void> verify_hcb(const v1::Graph& graph);

// Has the graph a backward node?
[[nodiscard]] bool is_joint(const v1::Graph& graph);

// Bytes a value needs of its storage, from its offset and strides; nullopt on overflow.
[[nodiscard]] std::optional<Bytes> extent_bytes(const v1::Value& value);

}  // namespace hcb::internal
