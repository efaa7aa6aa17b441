// Normalisations. With x̂ = (x - mean)·rstd over the normalised elements and y = w·x̂ + b:
//
//     dw = Σ g·x̂     db = Σ g     dx = rstd·(w·g - mean(w·g) - x̂·mean(w·g·x̂))
//
// so the backward reads x, w, and the stash mean and rstd, which the forward keeps in float32 (or
// float64 for float64 input). Mean 1, variance 3, normalising 2 and affine 2 operations per
// element.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

constexpr std::int64_t kNormRate = 8;
constexpr std::int64_t kNormGradRate = 11;
constexpr std::int64_t kAffineRate = 2;
constexpr std::string_view kNormGradFormula = "11 · |Y| for all, |Y| for the bias alone";

DType statistics_dtype(const OpCall& call) {
  return call.input(0).dtype == DType::f64 ? DType::f64 : DType::f32;
}

bool needs_statistics(const OpCall& call) { return call.wants(0) || call.wants(1); }

// x for dx and dw, w for dx.
Saved save_normalised(const OpCall& call) {
  Saved saved;
  if (needs_statistics(call)) saved.inputs.push_back(0);
  if (call.wants(0)) saved.inputs.push_back(1);
  return saved;
}

std::vector<StashSpec> statistics(const OpCall& call, const std::vector<std::int64_t>& shape,
                                  std::size_t mean_output, std::size_t rstd_output) {
  if (!needs_statistics(call)) return {};
  const DType dtype = statistics_dtype(call);
  return {{.name = "mean", .dtype = dtype, .shape = shape, .output = mean_output},
          {.name = "rstd", .dtype = dtype, .shape = shape, .output = rstd_output}};
}

// All elements of all wanted gradients in one pass.
Count norm_grad_flops(const OpCall& call) {
  const std::int64_t rate = needs_statistics(call) ? kNormGradRate : 1;
  return rate * call.output(0).elements();
}

// Dims of the input with those from `axis` on replaced by 1.
std::vector<std::int64_t> row_shape(const OpCall& call) {
  const auto dims = call.input(0).shape;
  const auto rank = static_cast<std::int64_t>(dims.size());
  std::int64_t axis = call.integer("axis", -1);
  axis += axis < 0 ? rank : 0;
  std::vector<std::int64_t> shape(dims.begin(), dims.end());
  for (std::int64_t i = 0; i < rank; ++i) {
    if (i >= axis) shape[static_cast<std::size_t>(i)] = 1;
  }
  return shape;
}

// Batch statistics per channel; the first execution also updates the running ones. Inference form:
// y = w·(x - m)/√(v+ε) + b with the running m, v, which the backward then reads instead of a stash.
Saved save_for_batch_norm(const OpCall& call) {
  Saved saved = save_normalised(call);
  if (call.training) return saved;
  if (!call.wants(1)) std::erase(saved.inputs, std::size_t{0});
  if (call.wants(1)) saved.inputs.push_back(3);
  if (needs_statistics(call)) saved.inputs.push_back(4);
  return saved;
}

std::vector<StashSpec> batch_norm_stash(const OpCall& call) {
  if (!call.training) return {};
  return statistics(call, {call.input(0).dim(1)}, StashSpec::kNoOutput, StashSpec::kNoOutput);
}

constexpr OpRule kBatchNormalization{.op = "BatchNormalization",
                                     .gradients = positions(0, 1, 2),
                                     .weights = positions(1, 2),
                                     .buffers = positions(3, 4),
                                     .droppable = positions(1, 2, 3, 4),
                                     .has_training = true,
                                     .training_flags = {.effect = true},
                                     .saves = save_for_batch_norm,
                                     .stash = batch_norm_stash,
                                     .flops =
                                         [](const OpCall& call) {
                                           return (call.training ? kNormRate : kAffineRate) *
                                                  call.output(0).elements();
                                         },
                                     .grad_flops = norm_grad_flops,
                                     .formula = "8 · |Y|, 2 · |Y| in inference form",
                                     .grad_formula = kNormGradFormula};

constexpr OpRule kInstanceNormalization{
    .op = "InstanceNormalization",
    .gradients = positions(0, 1, 2),
    .weights = positions(1, 2),
    .rate = kNormRate,
    .saves = save_normalised,
    .stash =
        [](const OpCall& call) {
          return statistics(call, {call.input(0).dim(0), call.input(0).dim(1)},
                            StashSpec::kNoOutput, StashSpec::kNoOutput);
        },
    .grad_flops = norm_grad_flops,
    .grad_formula = kNormGradFormula};

constexpr OpRule kGroupNormalization{
    .op = "GroupNormalization",
    .since = 18,
    .gradients = positions(0, 1, 2),
    .weights = positions(1, 2),
    .rate = kNormRate,
    .saves = save_normalised,
    .stash =
        [](const OpCall& call) {
          return statistics(call, {call.input(0).dim(0), call.integer("num_groups", 1)},
                            StashSpec::kNoOutput, StashSpec::kNoOutput);
        },
    .grad_flops = norm_grad_flops,
    .grad_formula = kNormGradFormula};

constexpr OpRule kLayerNormalization{
    .op = "LayerNormalization",
    .since = 17,
    .gradients = positions(0, 1, 2),
    .weights = positions(1, 2),
    .droppable = positions(1, 2),
    .rate = kNormRate,
    .saves = save_normalised,
    .stash = [](const OpCall& call) { return statistics(call, row_shape(call), 1, 2); },
    .grad_flops = norm_grad_flops,
    .grad_formula = kNormGradFormula};

// y = w·x/√(mean x² + ε): no mean to keep. Square, mean, product with rstd and w.
constexpr OpRule kRmsNormalization{
    .op = "RMSNormalization",
    .since = 23,
    .gradients = positions(0, 1),
    .weights = positions(1),
    .rate = 4,
    .saves = save_normalised,
    .stash =
        [](const OpCall& call) {
          return std::vector{
              StashSpec{.name = "rstd", .dtype = statistics_dtype(call), .shape = row_shape(call)}};
        },
    .grad_flops = [](const OpCall& call) { return 8 * call.output(0).elements(); },
    .grad_formula = "8 · |Y| for all"};

// y = x̂ over the axes: dx = rstd·(g - mean g - y·mean(g·y)), so the output serves and the mean
// does not matter.
std::vector<StashSpec> mean_variance_stash(const OpCall& call) {
  constexpr std::array<std::int64_t, 3> kDefaultAxes{0, 2, 3};
  const auto given = call.integers("axes");
  const auto dims = call.input(0).shape;
  std::vector<std::int64_t> shape(dims.begin(), dims.end());
  for (std::int64_t axis : given.empty() ? std::span<const std::int64_t>(kDefaultAxes) : given) {
    axis += axis < 0 ? static_cast<std::int64_t>(dims.size()) : 0;
    if (axis >= 0 && static_cast<std::size_t>(axis) < shape.size())
      shape[static_cast<std::size_t>(axis)] = 1;
  }
  return {{.name = "rstd", .dtype = statistics_dtype(call), .shape = shape}};
}

constexpr OpRule kMeanVarianceNormalization{.op = "MeanVarianceNormalization",
                                            .since = 9,
                                            .gradients = positions(0),
                                            .rate = 6,
                                            .grad_rate = 7,
                                            .saves = save_output,
                                            .stash = mean_variance_stash};

// y = x/‖x‖ along an axis: dx = (g - x·Σ(g·x)/‖x‖²)/‖x‖; the norm is computed again from x.
constexpr OpRule kLpNormalization{.op = "LpNormalization",
                                  .gradients = positions(0),
                                  .rate = 3,
                                  .grad_rate = 7,
                                  .saves = save_input};

// y = x·s^-β with s = k + α/n·Σ x² over n neighbouring channels:
// dx = g·s^-β - 2αβ/n·x·Σ g·y/s. Both ways s is a temporary of full size.
constexpr OpRule kLrn{.op = "LRN",
                      .gradients = positions(0),
                      .saves = save_input,
                      .flops =
                          [](const OpCall& call) {
                            return (call.integer("size", 1) + 4) * call.output(0).elements();
                          },
                      .grad_flops =
                          [](const OpCall& call) {
                            return (2 * Count(call.integer("size", 1)) + 9) *
                                   call.output(0).elements();
                          },
                      .workspace = [](const OpCall& call) { return call.input(0).bytes(); },
                      .grad_workspace = [](const OpCall& call) { return call.input(0).bytes(); },
                      .formula = "(size + 4) · |Y|",
                      .grad_formula = "(2 · size + 9) · |Y|",
                      .workspace_formula = "|X|, both ways"};

constexpr std::array kRules{
    kBatchNormalization, kInstanceNormalization, kGroupNormalization,        kLayerNormalization,
    kRmsNormalization,   kLpNormalization,       kMeanVarianceNormalization, kLrn};

}  // namespace

std::span<const OpRule> norm_rules() { return kRules; }

}  // namespace hcb::internal
