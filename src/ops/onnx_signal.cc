// Fourier transforms. They are linear, so the gradient is the transform in the other direction: no
// contents are read. A transform of n complex points takes 5·n·log2(n) FLOPs (Cooley and Tukey, as
// benchmarks count it), about half of that where the points on one side are real.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

constexpr std::int64_t kComplexRate = 5;
constexpr std::int64_t kRealRate = 3;
constexpr std::int64_t kDefaultAxis = -2;

// Tensors hold real and imaginary parts in their last dim, of 2, or of 1 where all are real.
Count transform_flops(Count points, std::int64_t length, bool real) {
  return (real ? kRealRate : kComplexRate) * log2_up(length) * points;
}

std::int64_t dft_axis(const OpCall& call) {
  if (call.opset < 20) return call.integer("axis", 1);
  const auto* axis = call.input(2).integers;
  return axis != nullptr && axis->size() == 1 ? axis->front() : kDefaultAxis;
}

// The output has as many entries along the axis as the transform has points, but for a one-sided
// one, which has half of its frequencies.
Count dft_flops(const OpCall& call) {
  const OpTensor& x = call.input(0);
  const OpTensor& y = call.output(0);
  const std::int64_t axis = dft_axis(call);
  const bool half = call.integer("onesided", 0) != 0 && call.integer("inverse", 0) == 0;
  const auto* given = call.input(1).integers;
  std::int64_t length = half ? x.dim(axis) : y.dim(axis);
  if (half && given != nullptr && given->size() == 1) length = given->front();
  const Count transforms = y.elements() / y.dim(-1) / y.dim(axis);
  return transform_flops(transforms * length, length, x.dim(-1) == 1 || y.dim(-1) == 1);
}

constexpr OpRule kDft{.op = "DFT",
                      .since = 17,
                      .gradients = positions(0),
                      .flops = dft_flops,
                      .grad_flops = dft_flops,
                      .formula = "5 · points · log2(n), 3 where one side is real",
                      .grad_formula = "the same"};

// Inputs: signal [batch, time, 1 or 2], step, window, frame length. Each frame is multiplied by the
// window and transformed.
std::int64_t frame_length(const OpCall& call) {
  const auto* given = call.input(3).integers;
  if (given != nullptr && given->size() == 1) return given->front();
  return call.input(2).present ? call.input(2).dim(0) : call.input(0).dim(1);
}

struct Frames {
  Count window;     // FLOPs of the products with it
  Count transform;  // FLOPs
};

Frames frames(const OpCall& call) {
  const std::int64_t length = frame_length(call);
  const Count points = Count(call.output(0).dim(0)) * call.output(0).dim(1) * length;
  const std::int64_t parts = call.input(0).dim(-1);
  return {.window = call.input(2).present ? parts * points : Count(0),
          .transform = transform_flops(points, length, parts == 1)};
}

constexpr OpRule kStft{
    .op = "STFT",
    .since = 17,
    .gradients = positions(0, 2),
    .saves =
        [](const OpCall& call) {
          Saved saved;
          if (call.wants(0)) saved.inputs.push_back(2);
          if (call.wants(2)) saved.inputs.push_back(0);
          return saved;
        },
    .flops = [](const OpCall& call) { return frames(call).window + frames(call).transform; },
    .grad_flops =
        [](const OpCall& call) {
          const std::int64_t products = call.wants(0) + call.wants(2);
          return products * frames(call).window + frames(call).transform;
        },
    .formula = "per frame 5 · n · log2(n), 3 for a real signal; + its window",
    .grad_formula = "the transform, + the window for each"};

constexpr std::array kRules{kDft, kStft};

}  // namespace

std::span<const OpRule> signal_rules() { return kRules; }

}  // namespace hcb::internal
