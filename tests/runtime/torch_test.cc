// What the kernels and the machine refuse, and how they say so; tensors from bytes and back.
#include <algorithm>
#include <cstring>
#include <limits>

#include <doctest/doctest.h>

#include "called_graph.h"
#include "graph/builder.h"

namespace hcb::test {
namespace {

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& elements) {
  const auto bytes = std::as_bytes(std::span(elements));
  return {bytes.begin(), bytes.end()};
}

// One node: y = op(x, arguments…), x and y floats of shape [2, 3].
CalledGraph one_node(const std::string& op, NodeCall call) {
  GraphBuilder builder(Dialect::aten, "one");
  const ValueId x = builder.add_resident({.name = "x", .shape = {2, 3}, .role = Role::input});
  const ValueId y = builder.add_value({.name = "y", .shape = {2, 3}});
  builder.add_node({.name = "node", .op = op, .inputs = {x}, .outputs = {y}});
  builder.mark_output(y);
  Calls calls;
  calls.nodes.push_back(std::move(call));
  calls.values.push_back(floats({2, 3}));
  calls.values.push_back(floats({2, 3}));
  return {must(std::move(builder).freeze()), std::move(calls)};
}

NodeCall with(const std::string& overload, std::vector<NamedArgument> more) {
  NodeCall call{.overload = overload, .arguments = {{"self", {InputPosition{0}}}}, .writes = {}};
  for (NamedArgument& argument : more) call.arguments.push_back(std::move(argument));
  return call;
}

TEST_CASE("an op that the process does not have is listed") {
  CHECK(bind_error(one_node("aten::no_such_op", with("default", {}))) ==
        "1 ops are not available here: aten::no_such_op (1 nodes, first 'node')");
  CHECK(bind_error(one_node("aten::relu", with("no_such_overload", {}))) ==
        "1 ops are not available here: aten::relu (1 nodes, first 'node')");
}

TEST_CASE("arguments that do not fit the op's schema are named") {
  const Number two = std::int64_t{2};
  CHECK(bind_error(one_node("aten::mul", with("Tensor", {}))) ==
        "node 'node' (aten::mul): argument 'other': not given");
  CHECK(bind_error(one_node("aten::sum", with("dim_IntList", {{"dim", {std::string("one")}}}))) ==
        "node 'node' (aten::sum): argument 'dim': does not fit its type, int[]?");
  CHECK(bind_error(one_node("aten::relu", with("default", {{"slope", {two}}}))) ==
        "node 'node' (aten::relu): 2 arguments for 1 parameters");
  CHECK(bind_error(one_node("aten::mul", with("Tensor", {{"factor", {two}}}))) ==
        "node 'node' (aten::mul): argument 'factor': the op has no such parameter here");
  CHECK(bind_error(one_node("aten::mul", with("Tensor", {{"other", {two}}}))) ==
        "node 'node' (aten::mul): argument 'other': does not fit its type, Tensor");
}

TEST_CASE("a number for a tensor takes part in type promotion as a number does") {
  // A double: as a tensor of its own it would promote to float64.
  const CalledGraph given =
      one_node("aten::mul", with("Tensor", {{"other", {WrappedNumber{0.5, DType::f64}}}}));
  TorchMachine& machine = machine_with(1);
  const Handle x = must(machine.make(floats({2, 3}), bytes_of<float>({0, 1, 2, 3, 4, 5})));
  const RunReport report = must(run(given, x));
  const Handle y = report.outputs[0].second;
  CHECK(machine.spec(y).dtype == DType::f32);
  CHECK(must(machine.read(y)) == bytes_of<float>({0, 0.5, 1, 1.5, 2, 2.5}));
}

TEST_CASE("an output that lies elsewhere than the graph says is refused") {
  const CalledGraph given = one_node("aten::alias", with("default", {}));
  const Handle x = must(machine_with(1).make(floats({2, 3}), Fill{Fill::Kind::ones}));
  CHECK(run(given, x).error().message ==
        "step 0 (run node): aten::alias: output 0 ('y') shares the storage of an input, but the "
        "graph says it has its own");
}

TEST_CASE("an output of another shape or type than the graph says is refused") {
  const Handle x = must(machine_with(1).make(floats({2, 3}), Fill{Fill::Kind::ones}));
  const CalledGraph whole = one_node("aten::sum", with("default", {}));
  CHECK(run(whole, x).error().message ==
        "step 0 (run node): aten::sum: output 0 ('y') has another shape than the graph says, 2x3");
  const CalledGraph other = one_node("aten::isnan", with("default", {}));
  CHECK(run(other, x).error().message ==
        "step 0 (run node): aten::isnan: output 0 ('y') is bool, but the graph says float32");
}

TEST_CASE("what LibTorch refuses is told with step and op") {
  const CalledGraph given = one_node(
      "aten::sum", with("dim_IntList", {{"dim", {ArgumentList{{{Number(std::int64_t{7})}}}}}}));
  const Handle x = must(machine_with(1).make(floats({2, 3}), Fill{Fill::Kind::ones}));
  const auto report = run(given, x);
  REQUIRE_FALSE(report.has_value());
  CHECK(report.error().message ==
        "step 0 (run node): aten::sum: Dimension out of range (expected to be in range of [-2, 1], "
        "but got 7)");
}

TEST_CASE("tensors keep strides, offset and storage, and elements travel in row-major order") {
  TorchMachine& machine = machine_with(1);
  const TensorSpec spec{
      .dtype = DType::i16, .shape = {2, 3}, .strides = {1, 2}, .offset = 1, .storage = 16};
  const auto elements = bytes_of<std::int16_t>({1, 2, 3, 4, 5, 6});
  const Bytes before = machine.meter().live();
  const Handle tensor = must(machine.make(spec, elements));
  CHECK(machine.meter().live() == before + 16);
  CHECK(must(machine.read(tensor)) == elements);
  CHECK(machine.spec(tensor).strides == spec.strides);
  CHECK(machine.spec(tensor).storage == 16);
  // Column by column behind the offset, zero elsewhere: 0 1 4 2 5 3 6 0.
  const TensorSpec flat{
      .dtype = DType::i16, .shape = {8}, .strides = {1}, .offset = 0, .storage = 16};
  CHECK(must(machine.read(must(machine.make_view(flat, tensor)))) ==
        bytes_of<std::int16_t>({0, 1, 4, 2, 5, 3, 6, 0}));
  must(machine.write(tensor, bytes_of<std::int16_t>({6, 5, 4, 3, 2, 1})));
  CHECK(must(machine.read(must(machine.make_view(flat, tensor)))) ==
        bytes_of<std::int16_t>({0, 6, 3, 5, 2, 4, 1, 0}));
  CHECK(machine.make(spec, bytes_of<std::int16_t>({1})).error().message ==
        "2 bytes given for a tensor of 12");
  TensorSpec beyond = spec;
  beyond.storage = 12;
  CHECK(machine.make(beyond, elements).error().message ==
        "a tensor reaches beyond its storage of 12 bytes");
}

TEST_CASE("comparing tensors is by bits") {
  TorchMachine& machine = machine_with(1);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Handle a = must(machine.make(floats({4}), bytes_of<float>({0, 1, nan, 3})));
  const Handle b = must(machine.make(floats({4}), bytes_of<float>({-0.0F, 1, nan, 3.5})));
  CHECK_FALSE(must(machine.compare(a, a)).has_value());
  const auto difference = must(machine.compare(a, b));
  REQUIRE(difference.has_value());
  CHECK(difference->elements == 2);  // 0 and -0 are not the same bits, NaN and NaN are
  CHECK(difference->first == 0);
  CHECK(difference->largest == 0.5);
  CHECK(must(machine.compare(a, must(machine.make(floats({2, 2}), Fill{}))))->shapes ==
        "float32[4] and float32[2,2]");
}

TEST_CASE("seeded contents are the same for the same seed") {
  TorchMachine& machine = machine_with(1);
  const auto fill = [&](std::uint64_t seed) {
    return must(machine.read(
        must(machine.make(floats({8}), Fill{.kind = Fill::Kind::normal, .seed = seed}))));
  };
  CHECK(fill(1) == fill(1));
  CHECK(fill(1) != fill(2));
  const TensorSpec ids{
      .dtype = DType::i64, .shape = {100}, .strides = {1}, .offset = 0, .storage = 800};
  const auto drawn =
      must(machine.read(must(machine.make(ids, Fill{.kind = Fill::Kind::below, .limit = 3}))));
  std::vector<std::int64_t> counts(3, 0);
  for (std::size_t i = 0; i < 100; ++i) {
    std::int64_t id = 0;
    std::memcpy(&id, drawn.data() + 8 * i, 8);
    REQUIRE((id >= 0 && id < 3));
    ++counts[static_cast<std::size_t>(id)];
  }
  CHECK(*std::ranges::min_element(counts) > 10);
}

TEST_CASE("a machine says what it is, and is opened once") {
  TorchMachine& machine = machine_with(1);
  CHECK(machine.torch_version() == compiled_torch_version());
  CHECK(machine.device_name() == "cpu");
  CHECK(machine.granularity() == 1);
  CHECK(machine.allocation_policy() == "heap kept (no mmap, never trimmed, 64 MiB steps)");
  CHECK(open_torch({}).error().message == "LibTorch is opened once per process");
}

TEST_CASE("a device that is not there is refused in one sentence") {
  CHECK(open_torch({.device = "gpu"}).error().message == "no device 'gpu'");
  CHECK(open_torch({.device = "cuda:x"}).error().message == "no device 'cuda:x'");
}

// Where there is a device, benchmarks/gpu is what tests it.
TEST_CASE("CUDA without a device is refused in one sentence") {
  const auto machine = open_torch({.device = "cuda"});
  if (machine) return;
  CHECK(machine.error().kind == ErrorKind::bad_input);
  CHECK(machine.error().message.starts_with("--device cuda: "));
  CHECK(machine.error().message.find('\n') == std::string::npos);
  MESSAGE(machine.error().message);
}

}  // namespace
}  // namespace hcb::test
