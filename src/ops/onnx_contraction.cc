// Products of two tensors summed over shared indices. Every gradient is such a product again, of
// the output's gradient g with the other factor: as many FLOPs as the forward for each.
#include <algorithm>
#include <array>
#include <map>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

std::int64_t wanted_among(const OpCall& call, std::size_t first, std::size_t last) {
  std::int64_t count = 0;
  for (std::size_t i = first; i < last; ++i) count += call.wants(i) ? 1 : 0;
  return count;
}

// y = a·b. 2·K operations per element of y.
Count matmul_flops(const OpCall& call) {
  return 2 * call.output(0).elements() * call.input(0).dim(-1);
}

// da = g·bᵀ, db = aᵀ·g.
Count matmul_grad_flops(const OpCall& call) {
  return wanted_among(call, 0, 2) * matmul_flops(call);
}

// A factor whose batch dims were broadcast gets its gradient at full batch size first; a matrix
// beside a stack of matrices does not: the stack is one tall matrix there.
Count matmul_workspace(const OpCall& call) {
  Count total = 0;
  const auto batch = call.output(0).shape;
  if (batch.size() < 3) return 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto shape = call.input(i).shape;
    if (!call.wants(i) || shape.size() < 3) continue;
    const auto own = product(shape.first(shape.size() - 2)).value();
    const auto full = product(batch.first(batch.size() - 2)).value();
    if (own == full || !full) continue;
    const std::array matrix{*full, call.input(i).dim(-2), call.input(i).dim(-1)};
    const auto bytes = tensor_bytes(call.input(i).dtype, matrix);
    total += bytes ? Count(*bytes) : Count::overflowed();
  }
  return total;
}

// A stack of matrices that is broadcast along some batch dims and not along others is copied to full
// size for the batched product; one that is broadcast along all of them is read with stride 0.
bool is_copied(const OpCall& call, std::size_t i) {
  const auto shape = call.input(i).shape;
  const auto full = call.output(0).shape;
  if (shape.size() < 3 || full.size() < shape.size()) return false;
  const std::size_t skipped = full.size() - shape.size();
  bool spread = product(full.first(skipped)).value() != 1;
  bool distinct = false;
  for (std::size_t d = 0; d + 2 < shape.size(); ++d) {
    spread = spread || (shape[d] == 1 && full[skipped + d] != 1);
    distinct = distinct || shape[d] != 1;
  }
  return spread && distinct;
}

Count matmul_copies(const OpCall& call) {
  Count total = 0;
  const auto full = call.output(0).shape;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!is_copied(call, i)) continue;
    const auto own = call.input(i).shape;
    const auto copies = product(full.first(full.size() - 2)).value();
    const auto stack = product(own.first(own.size() - 2)).value();
    if (!copies || !stack) return Count::overflowed();
    total += call.input(i).bytes() / *stack * *copies;
  }
  return total;
}

// A stack of outer products (frequencies times positions) has no weights, and beside a weight on the
// right a constant on the left is the first state of a loop that was written out.
bool matmul_weight(const OpCall& call, std::size_t i) {
  if (i == 0 && call.input(1).constant) return false;
  const std::size_t rank = call.input(i).shape.size();
  return rank >= 1 && (rank < 3 || call.input(0).dim(-1) > 1);
}

constexpr OpRule kMatMul{.op = "MatMul",
                         .gradients = positions(0, 1),
                         .weights = positions(0, 1),
                         .weight = matmul_weight,
                         .saves = save_other_factor,
                         .flops = matmul_flops,
                         .grad_flops = matmul_grad_flops,
                         .workspace = matmul_copies,
                         .grad_workspace = matmul_workspace,
                         .formula = "2 · |Y| · K",
                         .grad_formula = "2 · |Y| · K for each",
                         .workspace_formula =
                             "a stack that is broadcast along some batch dims and "
                             "not others, at full size; back: the gradient of "
                             "any stack that was broadcast"};

// y = α·a·b + β·c, a and b perhaps transposed.
Count gemm_product(const OpCall& call) {
  const std::int64_t k = call.input(0).dim(call.integer("transA", 0) != 0 ? 0 : 1);
  return 2 * call.output(0).elements() * k;
}

// dc = β·g summed down, and g itself where nothing is summed or scaled.
bool gemm_bias_view(const OpCall& call, std::size_t i) {
  return i == 2 && !call.broadcasts(2) && call.real("beta", 1.0) == 1.0;
}

constexpr OpRule kGemm{.op = "Gemm",
                       .gradients = positions(0, 1, 2),
                       .weights = positions(1, 2),
                       .saves = save_other_factor,
                       .grad_view = gemm_bias_view,
                       .flops =
                           [](const OpCall& call) {
                             const bool bias = call.input(2).present;
                             return gemm_product(call) +
                                    (bias ? call.output(0).elements() : Count(0));
                           },
                       .grad_flops =
                           [](const OpCall& call) {
                             const bool sums = call.wants(2) && !gemm_bias_view(call, 2);
                             return wanted_among(call, 0, 2) * gemm_product(call) +
                                    (sums ? call.output(0).elements() : Count(0));
                           },
                       .formula = "2 · |Y| · K, + |Y| with C",
                       .grad_formula = "2 · |Y| · K for A and B, |Y| for C unless it is dY itself"};

// y[n,m,·] = Σ w[m,c,k]·x[n,c,·+k] + b[m]: one product per output element and weight of its filter.
Count convolution_product(const OpCall& call, const OpTensor& places) {
  const auto filter = call.input(1).shape;
  return 2 * places.elements() * (filter.empty() ? Count(1) : product(filter.subspan(1)));
}

Count convolution_flops(const OpCall& call, const OpTensor& places, std::size_t bias) {
  const bool biased = call.input(bias).present;
  return convolution_product(call, places) + (biased ? call.output(0).elements() : Count(0));
}

Count convolution_grad_flops(const OpCall& call, const OpTensor& places, std::size_t bias) {
  return wanted_among(call, 0, 2) * convolution_product(call, places) +
         (call.wants(bias) ? call.output(0).elements() : Count(0));
}

// dx = wᵀ * g, dw = x * g, db = Σ g.
constexpr OpRule kConv{
    .op = "Conv",
    .gradients = positions(0, 1, 2),
    .weights = positions(1, 2),
    .saves = save_other_factor,
    .flops = [](const OpCall& call) { return convolution_flops(call, call.output(0), 2); },
    .grad_flops =
        [](const OpCall& call) { return convolution_grad_flops(call, call.output(0), 2); },
    .formula = "2 · |Y| · |W|/M, + |Y| with B",
    .grad_formula = "2 · |Y| · |W|/M for X and W, |Y| for B"};

// The transposed convolution has one product per *input* element and weight of its filter.
constexpr OpRule kConvTranspose{
    .op = "ConvTranspose",
    .gradients = positions(0, 1, 2),
    .weights = positions(1, 2),
    .saves = save_other_factor,
    .flops = [](const OpCall& call) { return convolution_flops(call, call.input(0), 2); },
    .grad_flops = [](const OpCall& call) { return convolution_grad_flops(call, call.input(0), 2); },
    .formula = "2 · |X| · |W|/C, + |Y| with B",
    .grad_formula = "2 · |X| · |W|/C for X and W, |Y| for B"};

// Convolution over samples x(p + offset) by bilinear interpolation (8 operations each), times a
// mask. The gradient of each of x, w, offset and mask needs all the others.
Count sampling_flops(const OpCall& call) {
  const std::int64_t groups = call.integer("offset_group", 1);
  return 8 * (call.input(2).elements() / 2) * (Count(call.input(0).dim(1)) / groups);
}

constexpr OpRule kDeformConv{
    .op = "DeformConv",
    .since = 19,
    .gradients = positions(0, 1, 2, 3, 4),
    .weights = positions(1, 3),
    .saves = [](const OpCall&) { return Saved{.inputs = {0, 1, 2, 4}, .outputs = {}}; },
    .flops =
        [](const OpCall& call) {
          return convolution_flops(call, call.output(0), 3) + sampling_flops(call);
        },
    .grad_flops =
        [](const OpCall& call) {
          return convolution_grad_flops(call, call.output(0), 3) + 2 * sampling_flops(call);
        },
    .formula = "as Conv, + 8 per sample: |offset|/2 · C/offset_group",
    .grad_formula = "as Conv, + 16 per sample"};

// Dims of the indices of an Einsum: letters by their code, the dims of an ellipsis by negative
// numbers counted from its right end.
class IndexDims {
 public:
  void add(std::string_view term, const OpTensor& operand) {
    const auto letters = std::ranges::count_if(term, is_letter);
    const std::int64_t hidden = static_cast<std::int64_t>(operand.shape.size()) - letters;
    std::int64_t axis = 0;
    for (std::size_t at = 0; at < term.size(); ++at) {
      if (is_letter(term[at])) widen(term[at], operand.dim(axis++));
      if (term[at] != '.') continue;
      for (std::int64_t d = hidden; d > 0; --d) widen(-d, operand.dim(axis++));
      at += 2;
    }
  }

  [[nodiscard]] Count product() const {
    Count total = 1;
    for (const auto& [key, dim] : dims_) total *= dim;
    return total;
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  void widen(std::int64_t key, std::int64_t dim) { dims_[key] = std::max(dims_[key], dim); }

  std::map<std::int64_t, std::int64_t> dims_;
};

// One multiplication per further factor and one addition for every combination of all indices.
Count einsum_flops(const OpCall& call) {
  IndexDims dims;
  std::string_view terms = call.text("equation", "");
  terms = terms.substr(0, terms.find("->"));
  for (const OpTensor& operand : call.inputs) {
    const std::string_view term = terms.substr(0, terms.find(','));
    dims.add(term, operand);
    terms.remove_prefix(std::min(terms.size(), term.size() + 1));
  }
  return static_cast<std::int64_t>(call.inputs.size()) * dims.product();
}

// The gradient of each factor is the product of g with all the others.
Saved save_other_factors(const OpCall& call) {
  const auto wanted = wanted_among(call, 0, call.inputs.size());
  Saved saved;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    if (wanted > (call.wants(i) ? 1 : 0)) saved.inputs.push_back(i);
  }
  return saved;
}

constexpr OpRule kEinsum{
    .op = "Einsum",
    .since = 12,
    .gradients = kEveryPosition,
    .weights = kEveryPosition,
    .weight = [](const OpCall& call, std::size_t i) { return call.input(i).shape.size() >= 2; },
    .saves = save_other_factors,
    .flops = einsum_flops,
    .grad_flops =
        [](const OpCall& call) {
          return wanted_among(call, 0, call.inputs.size()) * einsum_flops(call);
        },
    .formula = "operands · product of the dims of all indices",
    .grad_formula = "the same for each"};

// y = det x: dx = g·y·x⁻ᵀ. LU of each matrix: 2/3·n³.
constexpr OpRule kDet{
    .op = "Det",
    .since = 11,
    .gradients = positions(0),
    .saves = save_input_and_output,
    .flops =
        [](const OpCall& call) { return 2 * call.input(0).elements() * call.input(0).dim(-1) / 3; },
    .grad_flops =
        [](const OpCall& call) { return 2 * call.input(0).elements() * call.input(0).dim(-1); },
    .formula = "2/3 · n³ for each matrix",
    .grad_formula = "2 · n³ for each matrix"};

constexpr std::array kRules{kMatMul, kGemm, kConv, kConvTranspose, kDeformConv, kEinsum, kDet};

}  // namespace

std::span<const OpRule> contraction_rules() { return kRules; }

}  // namespace hcb::internal
