// Every node reads the one before it. O(nodes).
#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {

Result<Graph> make_chain(const GenerateRequest& request) {
  Sketch sketch("chain", request);
  ValueId at = sketch.input();
  while (sketch.left() > 0) at = sketch.node({at});
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
