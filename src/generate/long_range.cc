// A chain whose second half reads the first half again, each value once, in a random order: at the
// middle everything made so far is still to be read, and nothing says when. O(nodes).
#include <utility>
#include <vector>

#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {
namespace {

// Fisher and Yates, from the back.
void shuffle(std::vector<ValueId>& values, Prng& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace

Result<Graph> make_long_range(const GenerateRequest& request) {
  Sketch sketch("long-range", request);
  std::vector<ValueId> first_half;
  ValueId at = sketch.input();
  while (first_half.size() < request.nodes / 2) {
    at = sketch.node({at});
    first_half.push_back(at);
  }
  shuffle(first_half, sketch.random());
  while (sketch.left() > 0) {
    std::vector<ValueId> inputs{at};
    if (!first_half.empty()) {
      if (first_half.back() != at) inputs.push_back(first_half.back());
      first_half.pop_back();
    }
    at = sketch.node(std::move(inputs));
  }
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
