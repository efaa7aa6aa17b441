// Binding dims: what each flag reaches, and what each contradiction is told.
#include "ingest/onnx_bind.h"

#include <doctest/doctest.h>

#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

using Shape = std::vector<std::int64_t>;

Shape dims_of(const onnx::ValueInfoProto& info) {
  Shape out;
  for (const auto& dim : info.type().tensor_type().shape().dim()) out.push_back(dim.dim_value());
  return out;
}

// ids [batch, seq], mask [batch, seq + past], x [1, 3], t [] (a scalar)
OnnxModel decoder() {
  OnnxModel m;
  m.input("ids", {"batch", "seq"})
      .input("mask", {"batch", "seq + past"})
      .input("x", {1, 3})
      .input("t", {});
  m.node("Relu", {"ids"}, {"y"}).output("y");
  return m;
}

Error error_of(OnnxModel m, const Options& options) {
  const auto result = bind_shapes(m.model(), "m.onnx", options);
  return result ? Error{ErrorKind::internal, "no error", ""} : result.error();
}

Options with_dims(std::vector<std::pair<std::string, std::int64_t>> dims) {
  Options options;
  options.dims = std::move(dims);
  return options;
}

}  // namespace

TEST_CASE("--dim reaches every use of a symbol, expressions too") {
  OnnxModel m = decoder();
  const auto bound =
      bind_shapes(m.model(), "m.onnx", with_dims({{"past", 4}, {"batch", 2}, {"seq", 6}}));
  REQUIRE(bound);
  CHECK(dims_of(m.graph().input(0)) == Shape{2, 6});
  CHECK(dims_of(m.graph().input(1)) == Shape{2, 10});
  CHECK(dims_of(m.graph().input(2)) == Shape{1, 3});
  CHECK(bound->dims ==
        std::vector<std::pair<std::string, std::int64_t>>{{"batch", 2}, {"seq", 6}, {"past", 4}});
  CHECK_FALSE(bound->fixed_dims_changed);
}

TEST_CASE("--batch re-binds the first dim of every input that has one") {
  OnnxModel m = decoder();
  Options options = with_dims({{"past", 4}, {"seq", 6}});
  options.batch = 5;
  const auto bound = bind_shapes(m.model(), "m.onnx", options);
  REQUIRE(bound);
  CHECK(dims_of(m.graph().input(0)) == Shape{5, 6});
  CHECK(dims_of(m.graph().input(1)) == Shape{5, 10});
  CHECK(dims_of(m.graph().input(2)) == Shape{5, 3});
  CHECK(dims_of(m.graph().input(3)).empty());
  CHECK(bound->fixed_dims_changed);
}

TEST_CASE("--input-shape sets fixed dims and binds the symbols it meets") {
  OnnxModel m = decoder();
  Options options = with_dims({{"past", 0}});
  options.input_shapes = {{"ids", {2, 6}}, {"x", {1, 3}}};
  const auto bound = bind_shapes(m.model(), "m.onnx", options);
  REQUIRE(bound);
  CHECK(dims_of(m.graph().input(1)) == Shape{2, 6});
  CHECK_FALSE(bound->fixed_dims_changed);  // x is 1x3 as before
}

TEST_CASE("an input without any shape takes one") {
  OnnxModel m;
  m.input("x", {}).node("Relu", {"x"}, {"y"}).output("y");
  m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  CHECK(error_of(m, {}).message ==
        "m.onnx: dims without a size: unnamed dims of input 'x' (rank unknown)");
  Options options;
  options.input_shapes = {{"x", {2, 3}}};
  REQUIRE(bind_shapes(m.model(), "m.onnx", options));
  CHECK(dims_of(m.graph().input(0)) == Shape{2, 3});
}

TEST_CASE("initialisers listed as inputs are no inputs") {
  OnnxModel m(9, 3);
  m.input("w", {8, 4})
      .input("x", {1, 8})
      .weight("w", {8, 4})
      .node("MatMul", {"x", "w"}, {"y"})
      .output("y");
  Options options;
  options.batch = 3;
  REQUIRE(bind_shapes(m.model(), "m.onnx", options));
  REQUIRE(m.graph().input_size() == 1);
  CHECK(m.graph().input(0).name() == "x");
  CHECK(dims_of(m.graph().input(0)) == Shape{3, 8});
}

TEST_CASE("missing dims are listed with their users and the flags to paste") {
  const Error error = error_of(decoder(), with_dims({{"seq", 6}}));
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: dims without a size: 'batch' (used by ids, mask), 'past' (used by mask)");
  CHECK(error.help == "add --dim batch=N --dim past=N");
}

TEST_CASE("odd names are quoted, unnamed dims ask for the whole shape") {
  OnnxModel m;
  m.input("a", {"batch size", 3}).input("b", {-1, 4, ""}).node("Relu", {"a"}, {"y"}).output("y");
  CHECK(error_of(m, {}).help == "add --dim 'batch size=N' --input-shape b=Nx4xN");
}

TEST_CASE("contradictions name both values") {
  struct Case {
    Options options;
    std::string message;
  };
  std::vector<Case> cases(6);
  cases[0].options = with_dims({{"batch", 2}, {"batch", 3}});
  cases[0].message = "dim 'batch' is 2 by --dim batch=2 and 3 by --dim batch=3";
  cases[1].options = with_dims({{"batch", 2}, {"seq", 4}});
  cases[1].options.batch = 3;
  cases[1].message = "dim 'batch' is 2 by --dim batch=2 and 3 by --batch 3";
  cases[2].options.input_shapes = {{"ids", {2, 4, 1}}};
  cases[2].message = "--input-shape ids=2x4x1: input 'ids' has 2 dims (batchxseq), not 3";
  cases[3].options.input_shapes = {{"x", {2, 3}}};
  cases[3].options.batch = 4;
  cases[3].message = "dim 0 of input 'x' is 2 by another flag and 4 by --batch 4";
  cases[4].options = with_dims({{"batch", 2}, {"seq", 4}, {"past", 1}});
  cases[4].options.input_shapes = {{"mask", {2, 9}}};
  cases[4].message =
      "dim 1 of input 'mask', seq + past, is 5 under the given dims but 9 by its flag";
  cases[5].options.input_shapes = {{"x", {2, 3}}, {"x", {4, 3}}};
  cases[5].message = "dim 0 of input 'x' is 2 by another flag and 4 by --input-shape x=4x3";
  for (const Case& c : cases) {
    const Error error = error_of(decoder(), c.options);
    CHECK(error.kind == ErrorKind::usage);
    CHECK(error.message == "m.onnx: " + c.message);
  }
}

TEST_CASE("names that do not occur get the nearest match and all names") {
  Error error = error_of(decoder(), with_dims({{"bach", 2}}));
  CHECK(error.kind == ErrorKind::usage);
  CHECK(error.message == "m.onnx: no symbolic dim 'bach', did you mean 'batch'?");
  CHECK(error.help == "the model's symbolic dims: batch, seq, seq + past, past");
  Options options;
  options.input_shapes = {{"id", {2, 3}}};
  error = error_of(decoder(), options);
  CHECK(error.message == "m.onnx: no input 'id', did you mean 'ids'?");
  CHECK(error.help == "the model's inputs: ids, mask, x, t");
  OnnxModel fixed;
  fixed.input("x", {1, 3}).node("Relu", {"x"}, {"y"}).output("y");
  CHECK(error_of(fixed, with_dims({{"batch", 2}})).message ==
        "m.onnx: --dim batch: the model has no symbolic dims");
}

TEST_CASE("an expression that gives no size is named") {
  OnnxModel m;
  m.input("x", {"n - 8"}).node("Relu", {"x"}, {"y"}).output("y");
  CHECK(error_of(m, with_dims({{"n", 4}})).message ==
        "m.onnx: dim 0 of input 'x', n - 8, has no size under the given dims");
}

TEST_CASE("an input that is no tensor is refused by name") {
  OnnxModel m;
  m.input("x", {1}).node("Relu", {"x"}, {"y"}).output("y");
  m.graph().mutable_input(0)->mutable_type()->mutable_sequence_type();
  CHECK(error_of(m, {}).message == "m.onnx: input 'x' is not a tensor");
}

TEST_CASE("shapes written by the exporter are evaluated, or dropped when a fixed dim changed") {
  OnnxModel m = decoder();
  m.value_info("h", {"batch", 7}).value_info("free", {"unbound"});
  const Options dims = with_dims({{"batch", 2}, {"seq", 4}, {"past", 1}});
  OnnxModel kept = m;
  REQUIRE(bind_shapes(kept.model(), "m.onnx", dims));
  CHECK(dims_of(kept.graph().value_info(0)) == Shape{2, 7});
  CHECK_FALSE(kept.graph().value_info(1).type().tensor_type().has_shape());
  Options rebound = dims;
  rebound.input_shapes = {{"x", {9, 3}}};
  OnnxModel dropped = m;
  REQUIRE(bind_shapes(dropped.model(), "m.onnx", rebound));
  CHECK_FALSE(dropped.graph().value_info(0).type().tensor_type().has_shape());
}
