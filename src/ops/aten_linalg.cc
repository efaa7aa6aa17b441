// Factorisations, solves and Fourier transforms. Counts are the textbook ones for n×n matrices, the
// leading term: Cholesky n³/3, LU 2n³/3, a triangular solve n² per right-hand side, the inverse
// 2n³; a Fourier transform of n points takes 5·n·log2(n) (Cooley and Tukey, as benchmarks count it).
#include <array>

#include "ops/aten_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

// Elements of tensor 0 times its last dim: n³ over the batch.
Count cubes(const OpCall& call) { return call.input(0).elements() * call.input(0).dim(-1); }

template <std::int64_t kTimes, std::int64_t kOver>
Count cubic_flops(const OpCall& call) {
  return kTimes * cubes(call) / kOver;
}

// Every element of the solution takes a row of the matrix; kFactors: triangles solved with.
template <std::int64_t kFactors>
Count solve_flops(const OpCall& call) {
  return kFactors * call.output(0).elements() * call.input(0).dim(-1);
}

// The larger side has all frequencies or all points. _fft_…(self, dim, …).
template <std::int64_t kRate>
Count transform_flops(const OpCall& call) {
  const bool grows = call.output(0).shape.size() == call.input(0).shape.size() &&
                     call.output(0).dim(-1) > call.input(0).dim(-1);
  const OpTensor& points = grows ? call.output(0) : call.input(0);
  auto dims = call.integers("dim");
  if (dims.empty()) dims = call.integers("1");
  std::int64_t rounds = 0;
  for (const std::int64_t dim : dims) rounds += log2_up(points.dim(dim));
  return kRate * rounds * points.elements();
}

constexpr AtenRule row(std::string_view op, Count (*flops)(const OpCall&),
                       std::string_view formula) {
  return {.op = op, .flops = flops, .formula = formula};
}

constexpr std::array kRules = std::to_array<AtenRule>({
    row("linalg_cholesky_ex", cubic_flops<1, 3>, "n³/3 per matrix"),
    row("cholesky", cubic_flops<1, 3>, "n³/3 per matrix"),
    row("cholesky_solve", solve_flops<2>, "2 · n² per right-hand side"),
    row("linalg_lu_factor_ex", cubic_flops<2, 3>, "2 · n³/3 per matrix"),
    row("linalg_lu", cubic_flops<2, 3>, "2 · n³/3 per matrix"),
    row("linalg_lu_solve", solve_flops<2>, "2 · n² per right-hand side"),
    row("_linalg_slogdet", cubic_flops<2, 3>, "2 · n³/3 per matrix"),
    row("_linalg_det", cubic_flops<2, 3>, "2 · n³/3 per matrix"),
    row("_linalg_solve_ex", cubic_flops<2, 3>, "2 · n³/3 per matrix"),
    row("linalg_inv_ex", cubic_flops<2, 1>, "2 · n³ per matrix"),
    row("linalg_solve_triangular", solve_flops<1>, "n² per right-hand side"),
    row("triangular_solve", solve_flops<1>, "n² per right-hand side"),

    row("_fft_c2c", transform_flops<5>, "5 · points · log2(n)"),
    row("_fft_r2c", transform_flops<3>, "3 · points · log2(n)"),  // about half: one side is real
    row("_fft_c2r", transform_flops<3>, "3 · points · log2(n)"),
});

}  // namespace

std::span<const AtenRule> aten_linalg_rules() { return kRules; }

}  // namespace hcb::internal
