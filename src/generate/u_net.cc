// Ronneberger et al., U-Net: convolutional networks for biomedical image segmentation, 2015.
#include "generate/u_net.h"

#include <string>
#include <utility>
#include <vector>

#include "generate/net.h"

namespace hcb {
namespace {

constexpr std::int64_t kTopElements = 131'072;
constexpr std::int64_t kFilter = 144;

class UNet {
 public:
  void descend(std::size_t level, std::size_t convs) {
    const std::string down = "down" + std::to_string(level);
    convolve(down, convs);
    skips_.push_back(net_.op(down + ".skip", "Identity", {x_}, elements_, {}));
    elements_ /= 2;
    x_ = net_.op(down + ".pool", "AveragePool", {skips_.back()}, elements_, {});
  }

  void ascend(std::size_t level, std::size_t convs) {
    const std::string up = "up" + std::to_string(level);
    elements_ *= 2;
    const ValueId grown = net_.op(up + ".resize", "Resize", {x_}, elements_, {});
    x_ = net_.op(up + ".join", "Concat", {grown, skips_[level]}, 2 * elements_, {});
    convolve(up, convs);
  }

  void convolve(const std::string& where, std::size_t convs) {
    for (std::size_t i = 0; i < convs; ++i) {
      const std::string name = where + ".conv" + std::to_string(i);
      const ValueId w = net_.resident(name + ".w", kFilter, Role::parameter);
      const ValueId y = net_.op(name, "Conv", {x_, w}, elements_, {{0, 1}, {}});
      x_ = net_.op(name + ".silu", "Silu", {y}, elements_, {{0}, {}});
    }
  }

  [[nodiscard]] Result<Graph> finish(bool training) && {
    return std::move(net_).finish(x_, training);
  }

 private:
  Net net_{"u_net"};
  std::int64_t elements_ = kTopElements;
  ValueId x_ = net_.resident("image", kTopElements, Role::input);
  std::vector<ValueId> skips_;  // by level
};

}  // namespace

Result<Graph> u_net_graph(std::size_t levels, std::size_t convs, bool training) {
  UNet net;
  for (std::size_t level = 0; level < levels; ++level) net.descend(level, convs);
  net.convolve("middle", convs);
  for (std::size_t level = levels; level-- > 0;) net.ascend(level, convs);
  return std::move(net).finish(training);
}

}  // namespace hcb
