// A graph that no blocks compress: every node reads the one before it and `width` values drawn from
// all before it, all sizes and times equal. Drawn edges make an expander with high probability
// (Hoory, Linial and Wigderson, Expander graphs and their applications, 2006): of the values before
// any middle cut a constant share is read behind it, so that the frontier of every block is nearly
// everything, and no value is cheaper to drop than another. O(nodes · width).
#include <vector>

#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {
namespace {

constexpr std::size_t kDefaultReads = 3;
constexpr Weight kEqual{.elements = 4096, .time = 100'000};

}  // namespace

Result<Graph> make_adversarial(const GenerateRequest& request) {
  Sketch sketch("adversarial", request);
  const std::size_t reads = request.width.value_or(kDefaultReads);
  std::vector<ValueId> made{sketch.node({sketch.input()}, kEqual)};
  while (sketch.left() > 0) {
    std::vector<ValueId> inputs{made.back()};
    for (std::size_t i = 0; i < reads; ++i)
      inputs.push_back(made[sketch.random().below(made.size())]);
    made.push_back(sketch.node(std::move(inputs), kEqual));
  }
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
