#include "called_graph.h"

#include <utility>

#include "check/simulate.h"

namespace hcb::test {

TensorSpec floats(std::vector<std::int64_t> shape) {
  TensorSpec spec{.dtype = DType::f32, .shape = std::move(shape)};
  spec.strides = row_major_strides(spec.shape);
  spec.storage = *tensor_bytes(spec.dtype, spec.shape);
  return spec;
}

std::string bind_error(const CalledGraph& given) {
  const auto set = must(machine_with(1).kernels(given.calls));
  const auto kernels = bind_kernels(given.graph, *set);
  return kernels ? "" : kernels.error().message;
}

Result<RunReport> run(const CalledGraph& given, const Handle& x) {
  TorchMachine& machine = machine_with(1);
  const auto set = must(machine.kernels(given.calls));
  const Kernels kernels = must(bind_kernels(given.graph, *set));
  const auto size = must(rounded_sizes(given.graph, 1));
  const Program program =
      must(make_program(given.graph, size, with_frees(given.graph, plain_sequence(given.graph))));
  RunRequest request;
  request.residents.resize(given.graph.value_count());
  request.residents[ValueId{0}] = x;
  return run_program(given.graph, program, kernels, machine.machine(*set), request);
}

}  // namespace hcb::test
