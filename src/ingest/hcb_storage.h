// Which values of a step file share a buffer, and which take one over. Internal to src/ingest.
#pragma once

#include <vector>

#include "base/result.h"
#include "graph/builder.h"
#include "hcb/v1/graph.pb.h"

namespace hcb::internal {

inline constexpr std::int32_t kNoBase = -1;

// By value of the file, and by node.
struct HcbStorages {
  std::vector<std::int32_t> view_of;           // the value it is a view of, or kNoBase
  std::vector<std::int32_t> producer;          // the node that makes it, or -1
  std::vector<std::int32_t> output_position;   // among the outputs of that node; -1: none makes it
  std::vector<std::vector<Donation>> donates;  // by node; resident arguments overwritten included
  std::vector<char> once;                      // by node: may run once only
};

// Error (bad_input): naming value or node, and field. O(n log n) in the size of the file.
[[nodiscard]] Result<HcbStorages> find_storages(const v1::Graph& file);

}  // namespace hcb::internal
