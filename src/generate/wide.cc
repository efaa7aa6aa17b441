// Fans: one value, `width` branches of one node that read it, and one node that reads them all,
// where the next fan begins. By default one fan takes all nodes. O(nodes).
#include <algorithm>
#include <vector>

#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {

Result<Graph> make_wide(const GenerateRequest& request) {
  Sketch sketch("wide", request);
  const std::size_t width = request.width.value_or(request.nodes);
  ValueId at = sketch.node({sketch.input()});
  while (sketch.left() > 0) {
    std::vector<ValueId> branches;
    while (branches.size() < width && sketch.left() > 1) branches.push_back(sketch.node({at}));
    if (branches.empty()) branches.push_back(at);
    at = sketch.node(std::move(branches));
  }
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
