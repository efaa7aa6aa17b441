// jax graphs on LibTorch: what is refused and how it is said, where results lie, loops, and random
// bits against known answers. What every primitive computes is compared with jax itself in
// tools/tests/test_jax_run.py.
#include <algorithm>
#include <array>
#include <cstring>

#include <doctest/doctest.h>

#include "called_graph.h"
#include "graph/builder.h"
#include "torch/threefry.h"

namespace hcb::test {
namespace {

using internal::Words;

using Ints = std::vector<std::int64_t>;

TensorSpec laid(DType dtype, Ints shape, Ints strides, Bytes storage) {
  return {.dtype = dtype,
          .shape = std::move(shape),
          .strides = std::move(strides),
          .offset = 0,
          .storage = storage};
}

Argument list(const Ints& items) {
  ArgumentList out;
  for (const std::int64_t item : items) out.items.push_back({Number(item)});
  return {out};
}

Argument number(double value) { return {WrappedNumber{Number(value), DType::f32}}; }

struct Op {
  std::string op;
  std::vector<NamedArgument> arguments;
  TensorSpec out;
  bool view = false;
};

// x, the only input, through one node per op, each reading the output of the one before.
CalledGraph chain(const TensorSpec& x, const std::vector<Op>& ops) {
  GraphBuilder builder(Dialect::jax, "chain");
  Calls calls;
  ValueId at = builder.add_resident(
      {.name = "x", .dtype = x.dtype, .shape = x.shape, .role = Role::input, .storage = x.storage});
  calls.values.push_back(x);
  for (const Op& op : ops) {
    const std::string name = op.op + std::to_string(calls.nodes.size());
    ValueSpec spec{.name = name, .dtype = op.out.dtype, .shape = op.out.shape};
    if (op.view) {
      spec.view_of = at;
    } else {
      spec.storage = op.out.storage;
      for (std::size_t d = 0; d < spec.shape.size(); ++d)
        if (op.out.strides[d] == 0) spec.shape[d] = 1;
    }
    const ValueId y = builder.add_value(std::move(spec));
    const bool reads = std::ranges::any_of(op.arguments, [](const NamedArgument& given) {
      return std::holds_alternative<InputPosition>(given.argument.kind);
    });
    builder.add_node({.name = name,
                      .op = op.op,
                      .inputs = reads ? std::vector{at} : std::vector<ValueId>{},
                      .outputs = {y},
                      .flags = {.view = op.view}});
    calls.nodes.push_back({.overload = "", .arguments = op.arguments, .writes = {}});
    calls.values.push_back(op.out);
    at = y;
  }
  builder.mark_output(at);
  return {must(std::move(builder).freeze()), std::move(calls)};
}

const NamedArgument kX{"", {InputPosition{0}}};

std::vector<float> result(const CalledGraph& given, const std::vector<float>& x) {
  TorchMachine& machine = machine_with(1);
  const auto bytes = std::as_bytes(std::span(x));
  const Handle in = must(machine.make(given.calls.values[ValueId{0}], bytes));
  const RunReport report = must(run(given, in));
  const auto elements = must(machine.read(report.outputs[0].second));
  std::vector<float> out(elements.size() / sizeof(float));
  std::memcpy(out.data(), elements.data(), elements.size());
  return out;
}

std::string run_error(const CalledGraph& given) {
  const Handle in = must(machine_with(1).make(given.calls.values[ValueId{0}], Fill{}));
  const auto report = run(given, in);
  return report ? "" : report.error().message;
}

std::shared_ptr<const LoopBody> body_of(CalledGraph inside) {
  const ValueId in{0};
  const ValueId out = inside.graph.outputs()[0];
  return std::make_shared<const LoopBody>(LoopBody{.graph = std::move(inside.graph),
                                                   .calls = std::move(inside.calls),
                                                   .inputs = {in},
                                                   .outputs = {out},
                                                   .consts = 0,
                                                   .carries = 1,
                                                   .xs = 0,
                                                   .length = 3});
}

TEST_CASE("threefry gives the known answers of its authors") {
  using internal::threefry;
  CHECK(threefry({0, 0}, {0, 0}) == Words{0x6b200159, 0x99ba4efe});
  CHECK(threefry({0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Words{0x1cb996fc, 0xbb002be7});
  CHECK(threefry({0x13198a2e, 0x03707344}, {0x243f6a88, 0x85a308d3}) ==
        Words{0xc4923a9c, 0x483df7a0});
}

TEST_CASE("keys and bits of jax.random.key(0), both ways of counting") {
  using namespace internal;
  CHECK(seed_key(0x0000000700000005) == Words{7, 5});
  const Words key = seed_key(0);
  // jax 0.10.2: random.split(key(0), 2) and random.bits(key(0), (3,)).
  std::array<std::int64_t, 2> keys{};
  split_key(key, true, keys);
  CHECK(words_of(keys[0]) == Words{1797259609, 2579123966});
  CHECK(words_of(keys[1]) == Words{928981903, 3453687069});
  CHECK(fold_in(key, 0) == words_of(keys[0]));
  std::array<std::uint32_t, 3> bits{};
  random_bits(key, true, bits);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const Words words = threefry(key, {0, static_cast<std::uint32_t>(i)});
    CHECK(bits[i] == (words.first ^ words.second));
  }
  // Before 0.5: counters 0 1 2 and a fill of 0, halved: (0, 2) and (1, 0).
  random_bits(key, false, bits);
  CHECK(bits[0] == threefry(key, {0, 2}).first);
  CHECK(bits[1] == threefry(key, {1, 0}).first);
  CHECK(bits[2] == threefry(key, {0, 2}).second);
  std::array<std::uint8_t, 5> bytes{};
  random_bits(key, false, bytes);  // words (0, 1).first, (0, 1).second, lowest byte first
  CHECK(bytes[0] == static_cast<std::uint8_t>(threefry(key, {0, 1}).first));
  CHECK(bytes[4] == static_cast<std::uint8_t>(threefry(key, {0, 1}).second));
}

TEST_CASE("every primitive that is not available is listed, those inside loops too") {
  const TensorSpec x = floats({2});
  CalledGraph inside = chain(x, {{"igamma", {kX}, x, false}, {"while", {kX}, x, false}});
  CalledGraph given = chain(x, {{"fft", {kX}, x, false},
                                {"scan", {kX, {"jaxpr", {BodyPosition{0}}}}, x, false},
                                {"fft", {kX}, x, false}});
  given.calls.nodes[NodeId{1}].bodies.push_back(body_of(std::move(inside)));
  CHECK(bind_error(given) ==
        "2 ops are not available here: fft (2 nodes, first 'fft0'), scan over igamma, while (1 "
        "nodes, first 'scan1')");
}

TEST_CASE("parameters that cannot be executed are named with their node") {
  const TensorSpec key = laid(DType::key, {}, {}, 8);
  const TensorSpec seed = laid(DType::i32, {}, {}, 4);
  CHECK(bind_error(chain(seed, {{"random_seed", {kX, {"impl", {std::string("rbg")}}}, key}})) ==
        "node 'random_seed0' (random_seed): keys of 'rbg'; threefry2x32 is the one that is known");
  const TensorSpec x = floats({2});
  const NamedArgument e{"exponent_bits", {Number(std::int64_t{4})}};
  const NamedArgument m{"mantissa_bits", {Number(std::int64_t{3})}};
  CHECK(bind_error(chain(x, {{"reduce_precision", {kX, e, m}, x}})) ==
        "node 'reduce_precision0' (reduce_precision): no type of 4 exponent and 3 mantissa bits");
  CHECK(bind_error(chain(x, {{"exp", {kX}, laid(DType::i4, {2}, {1}, 1)}})) ==
        "node 'exp0' (exp): LibTorch does not compute with int4");
}

TEST_CASE("a missing parameter, another shape and another type are told with the step") {
  const TensorSpec x = floats({2, 3});
  CHECK(run_error(chain(x, {{"reduce_sum", {kX}, floats({3})}})) ==
        "step 0 (run reduce_sum0): reduce_sum: parameter 'axes': not given");
  CHECK(run_error(chain(x, {{"rev", {kX, {"dimensions", list({0})}}, floats({6})}})) ==
        "step 0 (run rev0): node 'rev0' (rev): output 0 has another shape than the graph says, 6");
  CHECK(run_error(chain(x, {{"is_finite", {kX}, x}})) ==
        "step 0 (run is_finite0): node 'is_finite0' (is_finite): output 0 is bool, but the graph "
        "says float32");
}

TEST_CASE("operands and dims that a file leaves out are named, not read") {
  const TensorSpec x = floats({2, 3});
  CHECK(run_error(chain(x, {{"add", {kX}, x}})) == "step 0 (run add0): add: operand 1: not given");
  CHECK(run_error(chain(x, {{"slice",
                             {kX, {"start_indices", list({0})}, {"limit_indices", list({1})}},
                             x,
                             true}})) ==
        "step 0 (run slice0): slice: parameter 'start_indices': not one number per dim");
  CHECK(run_error(chain(x, {{"top_k", {kX, {"k", {Number(std::int64_t{3})}}}, x}})) ==
        "step 0 (run top_k0): top_k: output 1: not given");
}

TEST_CASE("a view that the strides do not allow, or that lies elsewhere, is refused") {
  const TensorSpec x = floats({2, 3});
  const TensorSpec turned = laid(DType::f32, {3, 2}, {1, 3}, 24);
  const Op transpose{"transpose", {kX, {"permutation", list({1, 0})}}, turned, true};
  const Op flat{"reshape", {kX, {"new_sizes", list({6})}}, floats({6}), true};
  CHECK(run_error(chain(x, {transpose, flat}))
            .starts_with("step 1 (run reshape1): reshape: view size is not compatible"));
  Op wrong = transpose;
  wrong.out.strides = {2, 1};
  CHECK(run_error(chain(x, {wrong})) ==
        "step 0 (run transpose0): node 'transpose0' (transpose): output 0 is a view with other "
        "strides than the graph says");
}

TEST_CASE("a reshape is a view or a copy, as the graph says") {
  const TensorSpec x = floats({2, 3});
  const TensorSpec turned = laid(DType::f32, {3, 2}, {1, 3}, 24);
  const Op transpose{"transpose", {kX, {"permutation", list({1, 0})}}, turned, true};
  const Op copy{"reshape", {kX, {"new_sizes", list({6})}}, floats({6}), false};
  CHECK(result(chain(x, {transpose, copy}), {0, 1, 2, 3, 4, 5}) ==
        std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(result(chain(x, {copy}), {0, 1, 2, 3, 4, 5}) == std::vector<float>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("a number is broadcast in one element, or written out, as the graph says") {
  const std::vector<NamedArgument> given{
      {"", number(7)}, {"shape", list({2, 3})}, {"broadcast_dimensions", list({})}};
  const TensorSpec x = floats({2, 3});
  TorchMachine& machine = machine_with(1);
  const Handle in = must(machine.make(x, Fill{}));
  const std::vector<float> sevens(6, 7.0F);
  for (const TensorSpec& out : {laid(DType::f32, {2, 3}, {0, 0}, 4), x}) {
    const RunReport report = must(run(chain(x, {{"broadcast_in_dim", given, out}}), in));
    CHECK(report.steps[0].after == report.predicted_resident + out.storage);
    const auto bytes = std::as_bytes(std::span(sevens));
    CHECK(std::ranges::equal(must(machine.read(report.outputs[0].second)), bytes));
  }
}

TEST_CASE("a loop runs its body as often as it says, in the storage the graph gives it") {
  const TensorSpec x = floats({2});
  CalledGraph inside =
      chain(x, {{"add", {kX, {"", number(1)}}, x}, {"mul", {kX, {"", number(2)}}, x}});
  CalledGraph given = chain(x, {{"scan", {kX, {"jaxpr", {BodyPosition{0}}}}, x}});
  given.calls.nodes[NodeId{0}].bodies.push_back(body_of(std::move(inside)));
  // 1 -> 4 -> 10 -> 22 and 0 -> 2 -> 6 -> 14.
  CHECK(result(given, {1, 0}) == std::vector<float>{22, 14});
}

TEST_CASE("a loop whose body does not fit its inputs is refused") {
  const TensorSpec x = floats({2});
  CalledGraph given = chain(x, {{"scan", {kX, {"jaxpr", {BodyPosition{0}}}}, x}});
  LoopBody body = *body_of(chain(x, {{"neg", {kX}, x}}));
  body.xs = 1;
  given.calls.nodes[NodeId{0}].bodies.push_back(std::make_shared<const LoopBody>(std::move(body)));
  CHECK(bind_error(given) == "a loop body of 1 inputs and 1 outputs for 2 inputs and 1 carries");
}

}  // namespace
}  // namespace hcb::test
