// Layered random graphs after the appendix of Gagrani et al., Neural topological ordering for
// computation graphs, 2022. The paper's generator has no published code; numbers are fitted to the
// four graphs published with it:
//
//     layer 0  ──> layer 1 ──> … ──> layer L-1     width uniform in [mean/4, 7/4 · mean]
//     a pair of nodes of adjacent layers has an edge in 20 of 100 cases, and every node at least one
//     edge in and one out; for 100 such edges 16 more skip layers, from any earlier one
//     sizes: multiples of 10 KiB, mean 2,000 KiB, below 8,000 KiB; times: uniform below 1 ms
//
// O(nodes · width).
#include <algorithm>
#include <vector>

#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {
namespace {

constexpr int kEdgePercent = 20;
constexpr int kSkipPercent = 16;
constexpr std::int64_t kTenKiB = 2560;  // elements
constexpr std::size_t kWidestDefault = 32;

// As the published graphs: 5 of 100 nodes, 20 of 1,000.
std::size_t default_width(std::size_t nodes) {
  std::size_t root = 1;
  while ((root + 1) * (root + 1) <= nodes && root < kWidestDefault * 8 / 5) ++root;
  return std::max<std::size_t>(2, root * 5 / 8);
}

class Layers {
 public:
  Layers(Sketch& sketch, std::size_t width) : sketch_(sketch), width_(width) {}

  void add_layer() {
    const auto mean = static_cast<std::int64_t>(width_);
    const auto drawn = sketch_.random().between((mean + 3) / 4, mean + 3 * mean / 4);
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(drawn), sketch_.left());
    const std::vector<std::vector<ValueId>> inputs = draw_inputs(count);
    std::vector<ValueId> made;
    for (const std::vector<ValueId>& of : inputs) made.push_back(sketch_.node(of, draw_weight()));
    earlier_.insert(earlier_.end(), above_.begin(), above_.end());
    above_ = std::move(made);
  }

 private:
  // A product of two uniform numbers has the mean, spread and bound of the published sizes.
  Weight draw_weight() {
    const std::int64_t tens = sketch_.random().between(1, 799) * sketch_.random().between(1, 799);
    return {.elements = kTenKiB * std::max<std::int64_t>(1, tens / 800),
            .time = 1000 * sketch_.random().between(0, 999)};
  }

  [[nodiscard]] std::vector<std::vector<ValueId>> draw_inputs(std::size_t count) {
    std::vector<std::vector<ValueId>> inputs(count);
    if (above_.empty()) {
      for (std::vector<ValueId>& of : inputs) of = {sketch_.input()};
      return inputs;
    }
    for (const ValueId v : above_) draw_readers(v, inputs);
    for (std::vector<ValueId>& of : inputs) {
      if (of.empty()) of.push_back(above_[sketch_.random().below(above_.size())]);
      draw_skips(of);
    }
    return inputs;
  }

  void draw_readers(ValueId v, std::vector<std::vector<ValueId>>& inputs) {
    bool read = false;
    for (std::vector<ValueId>& of : inputs) {
      if (!sketch_.random().chance(kEdgePercent)) continue;
      of.push_back(v);
      read = true;
    }
    if (!read) inputs[sketch_.random().below(inputs.size())].push_back(v);
  }

  void draw_skips(std::vector<ValueId>& inputs) {
    if (earlier_.empty()) return;
    for (std::size_t edges = inputs.size(); edges > 0; --edges) {
      if (sketch_.random().chance(kSkipPercent))
        inputs.push_back(earlier_[sketch_.random().below(earlier_.size())]);
    }
  }

  Sketch& sketch_;
  std::size_t width_;
  std::vector<ValueId> above_;    // the last layer
  std::vector<ValueId> earlier_;  // all before it
};

}  // namespace

Result<Graph> make_layered(const GenerateRequest& request) {
  Sketch sketch("layered", request);
  Layers layers(sketch, request.width.value_or(default_width(request.nodes)));
  while (sketch.left() > 0) layers.add_layer();
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
