#include "ops/onnx_rules.h"

#include <numeric>

namespace hcb::internal {

Saved save_input(const OpCall&) { return {.inputs = {0}, .outputs = {}}; }
Saved save_output(const OpCall&) { return {.inputs = {}, .outputs = {0}}; }
Saved save_input_and_output(const OpCall&) { return {.inputs = {0}, .outputs = {0}}; }

Saved save_inputs(const OpCall& call) {
  Saved saved;
  saved.inputs.resize(call.inputs.size());
  std::iota(saved.inputs.begin(), saved.inputs.end(), std::size_t{0});
  return saved;
}

Saved save_other_factor(const OpCall& call) {
  Saved saved;
  if (call.wants(0)) saved.inputs.push_back(1);
  if (call.wants(1)) saved.inputs.push_back(0);
  return saved;
}

Count broadcast_temporaries(const OpCall& call) {
  Count total = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    if (call.wants(i) && call.broadcasts(i)) total += call.output(0).bytes();
  }
  return total;
}

Count copied_bytes(const OpCall& call) {
  Count total = 0;
  for (const OpTensor& output : call.outputs) {
    if (output.present) total += 2 * output.bytes();
  }
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    if (call.input(i).present) total += call.input(i).bytes();
  }
  return total;
}

Count product(std::span<const std::int64_t> dims) {
  const auto count = element_count(dims);
  return count ? Count(*count) : Count::overflowed();
}

std::int64_t log2_up(std::int64_t n) {
  std::int64_t rounds = 0;
  for (; n > 1; n = n / 2 + n % 2) ++rounds;
  return rounds;
}

}  // namespace hcb::internal
