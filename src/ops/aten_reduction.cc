// Sums over dims, softmax, losses, normalisations, pooling, resampling, sorting. Rates of
// normalisations and softmax are those of the ONNX table.
#include <array>

#include "ops/aten_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

constexpr AtenRule reduction(std::string_view op, std::int64_t rate) {
  return {.op = op, .rate = rate, .per_input = true};
}

constexpr AtenRule per_output(std::string_view op, std::int64_t rate) {
  return {.op = op, .rate = rate};
}

// The window at argument `position`, called `kernel_size`; one number counts for every dim.
Count window(const OpCall& call, std::string_view position, std::size_t dims) {
  auto sizes = call.integers("kernel_size");
  if (sizes.empty()) sizes = call.integers(position);
  if (sizes.size() == 1 && dims > 1) {
    Count area = 1;
    for (std::size_t i = 0; i < dims; ++i) area *= sizes[0];
    return area;
  }
  return product(sizes);
}

// One operation per element under each window: pool(input, kernel_size, …).
template <std::size_t kDims>
Count pool_flops(const OpCall& call) {
  return call.output(0).elements() * window(call, "1", kDims);
}

// avg_pool_backward(grad, input, kernel_size, …): every gradient is spread over its window.
template <std::size_t kDims>
Count average_pool_grad_flops(const OpCall& call) {
  return call.input(0).elements() * window(call, "2", kDims);
}

// Every row is compared with every other one about log2(n) times.
Count sort_flops(const OpCall& call) {
  std::int64_t rounds = 1;
  for (std::int64_t n = call.input(0).dim(-1); n > 2; n = (n + 1) / 2) ++rounds;
  return rounds * call.input(0).elements();
}

constexpr std::int64_t kNormRate = 8;       // mean, centred, squared, summed, scaled, shifted
constexpr std::int64_t kNormGradRate = 11;  // two sums, three products, all gradients

constexpr std::array kRules = std::to_array<AtenRule>({
    reduction("sum", 1),
    reduction("nansum", 2),
    reduction("mean", 1),
    reduction("prod", 1),
    reduction("amax", 1),
    reduction("amin", 1),
    reduction("max", 1),
    reduction("min", 1),
    reduction("any", 1),
    reduction("all", 1),
    reduction("argmax", 1),
    reduction("argmin", 1),
    reduction("cumsum", 1),
    reduction("cumprod", 1),
    reduction("logsumexp", 4),
    reduction("logcumsumexp", 4),
    reduction("std", 4),
    reduction("var", 3),
    reduction("var_mean", 4),
    reduction("std_mean", 5),
    reduction("linalg_vector_norm", 2),
    reduction("norm", 2),
    reduction("median", 2),
    reduction("nanmedian", 3),
    reduction("kthvalue", 2),
    {.op = "sort", .flops = sort_flops, .formula = "|x| · log2(n)"},
    {.op = "argsort", .flops = sort_flops, .formula = "|x| · log2(n)"},
    {.op = "topk", .flops = sort_flops, .formula = "|x| · log2(n)"},

    reduction("softmax", 5),
    reduction("_softmax", 5),
    reduction("_softmax_backward_data", 4),
    reduction("log_softmax", 5),
    reduction("_log_softmax", 5),
    reduction("_log_softmax_backward_data", 4),
    reduction("_safe_softmax", 6),

    per_output("nll_loss_forward", 1),
    per_output("nll_loss_backward", 1),
    per_output("nll_loss2d_forward", 1),
    per_output("nll_loss2d_backward", 1),
    reduction("mse_loss", 3),
    per_output("mse_loss_backward", 3),
    reduction("l1_loss", 3),
    reduction("smooth_l1_loss", 5),
    per_output("smooth_l1_loss_backward", 4),
    reduction("huber_loss", 5),
    per_output("huber_loss_backward", 4),
    reduction("binary_cross_entropy", 6),
    per_output("binary_cross_entropy_backward", 5),
    reduction("binary_cross_entropy_with_logits", 8),

    per_output("native_layer_norm", kNormRate),
    reduction("native_layer_norm_backward", kNormGradRate),
    per_output("native_group_norm", kNormRate),
    reduction("native_group_norm_backward", kNormGradRate),
    per_output("native_batch_norm", kNormRate),
    reduction("native_batch_norm_backward", kNormGradRate),
    per_output("_native_batch_norm_legit", kNormRate),
    per_output("_native_batch_norm_legit_functional", kNormRate),
    per_output("_native_batch_norm_legit_no_training", 2),
    per_output("_batch_norm_with_update", kNormRate),
    per_output("_batch_norm_with_update_functional", kNormRate),
    per_output("_batch_norm_no_update", 2),
    reduction("batch_norm_backward", kNormGradRate),
    per_output("cudnn_batch_norm", kNormRate),
    reduction("cudnn_batch_norm_backward", kNormGradRate),
    reduction("_weight_norm_interface", 4),
    reduction("_weight_norm_interface_backward", 6),
    per_output("rms_norm", 4),
    per_output("_fused_rms_norm", 4),
    reduction("_fused_rms_norm_backward", 8),

    {.op = "max_pool2d_with_indices", .flops = pool_flops<2>, .formula = "|out| · |window|"},
    {.op = "max_pool3d_with_indices", .flops = pool_flops<3>, .formula = "|out| · |window|"},
    {.op = "max_pool2d", .flops = pool_flops<2>, .formula = "|out| · |window|"},
    {.op = "avg_pool2d", .flops = pool_flops<2>, .formula = "|out| · |window|"},
    {.op = "avg_pool3d", .flops = pool_flops<3>, .formula = "|out| · |window|"},
    {.op = "avg_pool2d_backward",
     .flops = average_pool_grad_flops<2>,
     .formula = "|grad| · |window|"},
    {.op = "avg_pool3d_backward",
     .flops = average_pool_grad_flops<3>,
     .formula = "|grad| · |window|"},
    reduction("max_pool2d_with_indices_backward", 1),
    reduction("max_pool3d_with_indices_backward", 1),
    reduction("_adaptive_avg_pool2d", 1),
    per_output("_adaptive_avg_pool2d_backward", 1),
    reduction("adaptive_max_pool2d", 1),
    reduction("adaptive_max_pool2d_backward", 1),

    per_output("upsample_nearest1d", 0),
    per_output("upsample_nearest2d", 0),
    per_output("_upsample_nearest_exact2d", 0),
    reduction("upsample_nearest1d_backward", 1),
    reduction("upsample_nearest2d_backward", 1),
    reduction("_upsample_nearest_exact2d_backward", 1),
    per_output("upsample_bilinear2d", 7),
    reduction("upsample_bilinear2d_backward", 7),
    per_output("upsample_bicubic2d", 35),
    reduction("upsample_bicubic2d_backward", 35),
    per_output("affine_grid_generator", 6),
    per_output("grid_sampler_2d", 11),
    reduction("grid_sampler_2d_backward", 22),
});

}  // namespace

std::span<const AtenRule> aten_reduction_rules() { return kRules; }

}  // namespace hcb::internal
