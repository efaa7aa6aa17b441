// Reductions over axes, scans along one axis, and softmax. g is the gradient of the output y.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

using SavesFn = Saved (*)(const OpCall&);

template <std::int64_t kRate>
Count per_input_element(const OpCall& call) {
  return kRate * call.input(0).elements();
}

// y reduces x; dx has the shape of x, and `saves` is what it needs besides g.
constexpr OpRule reduce(std::string_view op, SavesFn saves, std::int64_t since = 1) {
  return {.op = op,
          .since = since,
          .gradients = positions(0),
          .saves = saves,
          .flops = per_input_element<1>,
          .grad_flops = per_input_element<1>,
          .formula = "|X|",
          .grad_formula = "|X|"};
}

// The same with two operations per element: one on the element, one to accumulate.
constexpr OpRule reduce_mapped(std::string_view op, SavesFn saves) {
  OpRule rule = reduce(op, saves);
  rule.flops = per_input_element<2>;
  rule.grad_flops = per_input_element<2>;
  rule.formula = "2 · |X|";
  rule.grad_formula = "2 · |X|";
  return rule;
}

constexpr OpRule scan(std::string_view op, std::int64_t since, SavesFn saves) {
  return {.op = op,
          .since = since,
          .gradients = positions(0),
          .rate = 1,
          .grad_rate = 1,
          .saves = saves};
}

// y = softmax x: dx = y·(g - Σ g·y). Maximum, difference, exponential, sum, quotient: 5 operations.
// y = log softmax x: dx = g - eʸ·Σ g.
constexpr OpRule softmax(std::string_view op) {
  return {.op = op, .gradients = positions(0), .rate = 5, .grad_rate = 4, .saves = save_output};
}

// An index is not differentiable.
constexpr OpRule search(std::string_view op) {
  return {.op = op, .grad_outputs = kNoPosition, .flops = per_input_element<1>, .formula = "|X|"};
}

// Values and indices; dx is zero but for g at the indices.
constexpr OpRule kTopK{.op = "TopK",
                       .gradients = positions(0),
                       .saves = [](const OpCall&) { return Saved{.inputs = {}, .outputs = {1}}; },
                       .flops = per_input_element<1>,
                       .grad_flops = per_input_element<1>,
                       .formula = "|X|",
                       .grad_formula = "|X|"};

// loss = -mean(w[t]·log softmax(x)[t]): dx = g·w·(softmax x - onehot t), from the log
// probabilities.
constexpr OpRule kCrossEntropy{
    .op = "SoftmaxCrossEntropyLoss",
    .since = 12,
    .gradients = positions(0),
    .saves = [](const OpCall&) { return Saved{.inputs = {1, 2}, .outputs = {}}; },
    .stash =
        [](const OpCall& call) {
          const OpTensor& x = call.input(0);
          return std::vector{StashSpec{.name = "log_prob",
                                       .dtype = x.dtype,
                                       .shape = {x.shape.begin(), x.shape.end()},
                                       .output = 1}};
        },
    .flops = per_input_element<5>,
    .grad_flops = per_input_element<3>,
    .formula = "5 · |X|",
    .grad_formula = "3 · |X|"};

// loss = -mean(w[t]·x[t]): dx = -g·w at the targets, zero elsewhere.
constexpr OpRule kNegativeLogLikelihood{
    .op = "NegativeLogLikelihoodLoss",
    .since = 12,
    .gradients = positions(0),
    .saves = [](const OpCall&) { return Saved{.inputs = {1, 2}, .outputs = {}}; },
    .flops = per_input_element<1>,
    .grad_flops = per_input_element<1>,
    .formula = "|X|",
    .grad_formula = "|X|"};

const std::array kRules{
    reduce("ReduceSum", nullptr),                             // g
    reduce("ReduceMean", nullptr),                            // g/n
    reduce("ReduceMax", save_input_and_output),               // g·[x = y]
    reduce("ReduceMin", save_input_and_output),               // g·[x = y]
    reduce("ReduceProd", save_input_and_output),              // g·y/x
    reduce_mapped("ReduceL1", save_input),                    // g·sign x
    reduce_mapped("ReduceL2", save_input_and_output),         // g·x/y
    reduce_mapped("ReduceLogSum", save_input),                // g/Σx
    reduce_mapped("ReduceLogSumExp", save_input_and_output),  // g·exp(x-y)
    reduce_mapped("ReduceSumSquare", save_input),             // 2·g·x
    scan("CumSum", 11, nullptr),                              // the reverse scan of g
    scan("CumProd", 26, save_input_and_output),
    softmax("Softmax"),
    softmax("LogSoftmax"),
    kTopK,
    kCrossEntropy,
    kNegativeLogLikelihood,
    search("ArgMax"),
    search("ArgMin"),
    search("Hardmax"),
};

}  // namespace

std::span<const OpRule> reduction_rules() { return kRules; }

}  // namespace hcb::internal
