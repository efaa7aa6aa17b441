// Blocks in which every node reads all nodes of the block before it, and what the block began with
// (Huang et al., Densely connected convolutional networks, 2017). The last node of a block is all
// that the next one sees. O(nodes · width).
#include <vector>

#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {
namespace {

constexpr std::size_t kDefaultBlock = 12;

}  // namespace

Result<Graph> make_dense(const GenerateRequest& request) {
  Sketch sketch("dense", request);
  const std::size_t block = request.width.value_or(kDefaultBlock);
  std::vector<ValueId> seen{sketch.input()};
  while (sketch.left() > 0) {
    if (seen.size() > block) seen = {seen.back()};
    seen.push_back(sketch.node(seen));
  }
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
