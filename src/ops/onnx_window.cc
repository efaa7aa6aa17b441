// Pooling and sampling: outputs computed from a window or a few points of the input.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

// One operation per output element and place of its window.
Count window_flops(const OpCall& call) {
  return call.output(0).elements() * product(call.integers("kernel_shape"));
}

Count input_elements(const OpCall& call) { return call.input(0).elements(); }

// Where each maximum was found, as int64 the way ATen keeps it.
std::vector<StashSpec> argmax_stash(const OpCall& call) {
  const auto shape = call.output(0).shape;
  return {
      {.name = "indices", .dtype = DType::i64, .shape = {shape.begin(), shape.end()}, .output = 1}};
}

// dx is zero but for g at the indices; ATen's kernel takes the input as well.
constexpr OpRule kMaxPool{.op = "MaxPool",
                          .gradients = positions(0),
                          .droppable = positions(1),
                          .saves = save_input,
                          .stash = argmax_stash,
                          .flops = window_flops,
                          .grad_flops = window_flops,
                          .formula = "|Y| · |window|",
                          .grad_formula = "|Y| · |window|"};

// dx spreads g evenly over the window; the input is needed for its shape only.
constexpr OpRule kAveragePool{.op = "AveragePool",
                              .gradients = positions(0),
                              .flops = window_flops,
                              .grad_flops = window_flops,
                              .formula = "|Y| · |window|",
                              .grad_formula = "|Y| · |window|"};

// y = ‖x‖ₚ over the window: dx = g·x·|x|^(p-2)/y^(p-1).
constexpr OpRule kLpPool{.op = "LpPool",
                         .gradients = positions(0),
                         .saves = save_input_and_output,
                         .flops = window_flops,
                         .grad_flops = window_flops,
                         .formula = "|Y| · |window|",
                         .grad_formula = "|Y| · |window|"};

constexpr OpRule kGlobalMaxPool{.op = "GlobalMaxPool",
                                .gradients = positions(0),
                                .saves = save_input,
                                .stash = argmax_stash,
                                .flops = input_elements,
                                .grad_flops = input_elements,
                                .formula = "|X|",
                                .grad_formula = "|X|"};

constexpr OpRule kGlobalAveragePool{.op = "GlobalAveragePool",
                                    .gradients = positions(0),
                                    .flops = input_elements,
                                    .grad_flops = input_elements,
                                    .formula = "|X|",
                                    .grad_formula = "|X|"};

constexpr OpRule kGlobalLpPool{.op = "GlobalLpPool",
                               .gradients = positions(0),
                               .saves = save_input_and_output,
                               .flops = input_elements,
                               .grad_flops = input_elements,
                               .formula = "|X|",
                               .grad_formula = "|X|"};

Saved save_places(const OpCall&) { return {.inputs = {1}, .outputs = {}}; }

// y is zero but for x at the indices: dx = g there.
constexpr OpRule kMaxUnpool{.op = "MaxUnpool",
                            .since = 9,
                            .gradients = positions(0),
                            .grad_rate = 1,
                            .saves = save_places,
                            .bytes = copied_bytes};

// Regions are data, not differentiated; where each maximum was found is int32.
constexpr OpRule kMaxRoiPool{.op = "MaxRoiPool",
                             .gradients = positions(0),
                             .rate = 1,
                             .grad_rate = 1,
                             .saves = save_places,
                             .stash = [](const OpCall& call) {
                               std::vector<StashSpec> stash = argmax_stash(call);
                               stash[0].dtype = DType::i32;
                               stash[0].output = StashSpec::kNoOutput;
                               return stash;
                             }};

// Bilinear samples (8 operations each) in every bin; dx distributes g with the same weights.
constexpr OpRule kRoiAlign{
    .op = "RoiAlign",
    .since = 10,
    .gradients = positions(0),
    .rate = 8,
    .grad_rate = 8,
    .saves = [](const OpCall&) { return Saved{.inputs = {1, 2}, .outputs = {}}; }};

// y = x at the points of a grid, bilinearly: dx needs the grid, dgrid needs x and the grid.
constexpr OpRule kGridSample{.op = "GridSample",
                             .since = 16,
                             .gradients = positions(0, 1),
                             .rate = 8,
                             .grad_rate = 8,
                             .saves = [](const OpCall& call) {
                               return call.wants(1) ? Saved{.inputs = {0, 1}, .outputs = {}}
                                                    : Saved{.inputs = {1}, .outputs = {}};
                             }};

// grid = θ·(fixed base grid): dθ = baseᵀ·g.
constexpr OpRule kAffineGrid{
    .op = "AffineGrid", .since = 20, .gradients = positions(0), .rate = 6, .grad_rate = 6};

constexpr std::array kRules{kMaxPool,      kAveragePool,       kLpPool,    kGlobalMaxPool,
                            kGlobalLpPool, kGlobalAveragePool, kMaxUnpool, kMaxRoiPool,
                            kRoiAlign,     kGridSample,        kAffineGrid};

}  // namespace

std::span<const OpRule> window_rules() { return kRules; }

}  // namespace hcb::internal
