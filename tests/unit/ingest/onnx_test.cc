// Whole files to ForwardModel: what is left of a graph, and what every kind of bad input is told.
#include "ingest/onnx.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

#include <doctest/doctest.h>

#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

ForwardModel parsed(const OnnxModel& model, const Options& options = {}) {
  const auto result = parse_onnx(model.bytes(), "m.onnx", options);
  if (!result) FAIL(result.error().message);
  return *result;
}

Error error_of(std::string_view bytes, const Options& options = {}) {
  const auto result = parse_onnx(bytes, "m.onnx", options);
  return result ? Error{ErrorKind::internal, "no error", ""} : result.error();
}

std::vector<std::int64_t> shape_of(const ForwardModel& model, const std::string& value) {
  const auto at = std::ranges::find(model.values, value, &ForwardValue::name);
  if (at == model.values.end()) FAIL("no value " << value);
  return at->shape;
}

std::vector<std::string> ops(const ForwardModel& model) {
  std::vector<std::string> out;
  for (const ForwardNode& node : model.nodes) out.push_back(node.op);
  return out;
}

Options dims(std::vector<std::pair<std::string, std::int64_t>> bound) {
  Options options;
  options.dims = std::move(bound);
  return options;
}

using Shape = std::vector<std::int64_t>;

// x [batch, 8] · w [8, 4] -> Relu -> y
OnnxModel two_layers() {
  OnnxModel m;
  m.input("x", {"batch", 8}).weight("w", {8, 4}).node("MatMul", {"x", "w"}, {"h"}, "mm");
  m.node("Relu", {"h"}, {"y"}, "act").output("y");
  return m;
}

}  // namespace

TEST_CASE("a model becomes values with shapes and nodes in order") {
  const ForwardModel m = parsed(two_layers(), dims({{"batch", 3}}));
  CHECK(m.name == "m.onnx");
  CHECK(m.opset == 18);
  CHECK(m.file_nodes == 2);
  CHECK(m.bound_dims == std::vector<std::pair<std::string, std::int64_t>>{{"batch", 3}});
  CHECK(ops(m) == std::vector<std::string>{"MatMul", "Relu"});
  CHECK(shape_of(m, "x") == Shape{3, 8});
  CHECK(shape_of(m, "h") == Shape{3, 4});
  CHECK(shape_of(m, "y") == Shape{3, 4});
  CHECK(m.values[0].role == Role::input);
  CHECK(m.values[1].role == Role::constant);
  CHECK(m.values[2].role == Role::activation);
  CHECK(m.nodes[0].inputs == std::vector<std::int32_t>{0, 1});
  CHECK(m.values[3].is_output);
  CHECK_FALSE(m.values[2].is_output);
}

TEST_CASE("shape arithmetic on bound dims leaves no node") {
  // y = Reshape(x, [Shape(x)[0] * Shape(x)[1], -1]): Shape, Gather, Gather, Mul, Unsqueeze, Concat,
  // Reshape.
  OnnxModel m;
  m.input("x", {"batch", "seq", 4})
      .integers("zero", {0}, true)
      .integers("one", {1}, true)
      .integers("axis", {0});
  m.integers("rest", {-1});
  m.node("Shape", {"x"}, {"s"})
      .node("Gather", {"s", "zero"}, {"b"})
      .node("Gather", {"s", "one"}, {"q"});
  m.node("Mul", {"b", "q"}, {"bq"}).node("Unsqueeze", {"bq", "axis"}, {"bq1"});
  m.node("Concat", {"bq1", "rest"}, {"target"}).with("axis", std::int64_t{0});
  m.node("Reshape", {"x", "target"}, {"y"}).output("y");
  const ForwardModel out = parsed(m, dims({{"batch", 2}, {"seq", 5}}));
  CHECK(ops(out) == std::vector<std::string>{"Reshape"});
  CHECK(shape_of(out, "y") == Shape{10, 4});
  const auto target = std::ranges::find(out.values, "target", &ForwardValue::name);
  REQUIRE(target != out.values.end());
  CHECK(target->integers == Shape{10, -1});
  CHECK(out.details == std::vector<std::string>{"6 nodes computed from constants folded"});
}

TEST_CASE("a weight made by ConstantOfShape is a constant, its transpose stays a node") {
  OnnxModel m;
  m.input("x", {2, 8}).integers("shape", {4, 8}).node("ConstantOfShape", {"shape"}, {"w"});
  m.node("Transpose", {"w"}, {"wt"}).node("MatMul", {"x", "wt"}, {"y"}).output("y");
  const ForwardModel out = parsed(m);
  CHECK(ops(out) == std::vector<std::string>{"Transpose", "MatMul"});
  const auto w = std::ranges::find(out.values, "w", &ForwardValue::name);
  CHECK(w->role == Role::constant);
  CHECK(w->shape == Shape{4, 8});
  CHECK(std::ranges::find(out.values, "shape", &ForwardValue::name) == out.values.end());
}

TEST_CASE("a missing file, a directory and an empty file are told apart") {
  const auto folder = std::filesystem::temp_directory_path() / "hcb_onnx_test";
  std::filesystem::create_directories(folder);
  const std::string at = folder.string();
  CHECK(read_onnx(at + "/none.onnx", {}).error().message == at + "/none.onnx: no such file");
  CHECK(read_onnx(at, {}).error().message == at + ": a directory, not a model file");
  std::filesystem::remove_all(folder);
}

TEST_CASE("a single file of 6 GiB is read by its structure") {
  // graph { initializer { dims 3221225472, float16, name w, raw_data of 6 GiB }, Identity }, sparse
  // on disk.
  constexpr std::uint64_t kElements = 3'221'225'472;
  OnnxModel m;
  m.input("x", {2})
      .node("Relu", {"x"}, {"y"})
      .node("Identity", {"w"}, {"z"})
      .output("y")
      .output("z");
  onnx::TensorProto tensor;
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::FLOAT16);
  tensor.add_dims(static_cast<std::int64_t>(kElements));
  const auto varint = [](std::uint64_t n) {
    std::string out;
    for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>(n | 0x80U));
    return out + static_cast<char>(n);
  };
  const std::uint64_t raw = 2 * kElements;
  const std::string tensor_head =
      tensor.SerializeAsString() + "\x4A" + varint(raw);  // raw_data (9)
  const std::string graph_head =
      m.graph().SerializeAsString() + "\x2A" + varint(tensor_head.size() + raw);  // (5)
  const std::string head =
      "\x08\x0A\x42\x02\x10\x12\x3A" + varint(graph_head.size() + tensor_head.size() + raw);
  const auto path = std::filesystem::temp_directory_path() / "hcb_6_gib.onnx";
  std::ofstream(path, std::ios::binary) << head << graph_head << tensor_head;
  std::filesystem::resize_file(path, head.size() + graph_head.size() + tensor_head.size() + raw);
  const auto model = read_onnx(path.string(), {});
  std::filesystem::remove(path);
  if (!model) FAIL(model.error().message);
  CHECK(shape_of(*model, "z") == Shape{static_cast<std::int64_t>(kElements)});
}

TEST_CASE("other formats are named") {
  CHECK(error_of("\x89PNG\r\n").message == "m.onnx: a PNG image, not an ONNX model");
  CHECK(error_of("PK\x03\x04 zip").message ==
        "m.onnx: a zip archive (PyTorch's .pt and NumPy's .npz are such), not an ONNX model");
  CHECK(error_of("{\"a\": 1}").message == "m.onnx: JSON or other text, not an ONNX model");
  CHECK(error_of("hello world\n").message == "m.onnx: text, not an ONNX model");
  CHECK(error_of("version https://git-lfs.github.com/spec/v1\n").message ==
        "m.onnx: a Git LFS pointer, not the file itself (git lfs pull), not an ONNX model");
  CHECK(error_of("\x08\x08\x12\x03"
                 "abc")
            .message == "m.onnx: no graph in it: not an ONNX model");
}

TEST_CASE("all missing dims are listed at once with the flags to paste") {
  OnnxModel m;
  m.input("ids", {"batch", "seq"}).input("mask", {"batch", "seq + 1"}).input("img", {"", 3});
  m.node("Relu", {"ids"}, {"y"}).output("y");
  const Error error = error_of(m.bytes());
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: dims without a size: 'batch' (used by ids, mask), 'seq' (used by ids, mask), "
        "unnamed dims of input 'img' (?x3)");
  CHECK(error.help == "add --dim batch=N --dim seq=N --input-shape img=Nx3");
}

TEST_CASE("a cycle lists its nodes") {
  OnnxModel m;
  m.input("x", {2}).node("Add", {"x", "c"}, {"a"}, "n1").node("Relu", {"a"}, {"b"}, "n2");
  m.node("Neg", {"b"}, {"c"}, "n3").node("Neg", {"x"}, {"y"}, "free").output("c");
  const Error error = error_of(m.bytes());
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: the graph has a cycle: 'n1' (Add) -> 'n2' (Relu) -> 'n3' (Neg) -> 'n1' (Add)");
}

TEST_CASE("sizes beyond 2^63 name the tensor") {
  OnnxModel m;
  m.input("x", {kHuge, kHuge}).node("Flatten", {"x"}, {"y"}).output("y");
  const Error error = error_of(m.bytes());
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: tensor 'x' of 9223372036854775807x9223372036854775807 float32 is larger than 2^63 "
        "bytes");
}
