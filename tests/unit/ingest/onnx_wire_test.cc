// The wire filter: what it drops, what it keeps, and that no cut file gets past it.
#include "ingest/onnx_wire.h"

#include <doctest/doctest.h>

#include "ingest/onnx.h"
#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

onnx::ModelProto filtered(const onnx::ModelProto& model) {
  const auto bytes = strip_payloads(model.SerializeAsString(), "m.onnx");
  REQUIRE(bytes);
  onnx::ModelProto out;
  REQUIRE(out.ParseFromString(*bytes));
  return out;
}

std::string error_of(std::string_view bytes) {
  const auto result = strip_payloads(bytes, "m.onnx");
  return result ? "no error" : result.error().message;
}

// A tag and length in front of a body, as protobuf writes a message field.
std::string message(int field, const std::string& body) {
  std::string out;
  for (std::size_t n : {static_cast<std::size_t>(field << 3 | 2), body.size()}) {
    for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>(n | 0x80U));
    out.push_back(static_cast<char>(n));
  }
  return out + body;
}

}  // namespace

TEST_CASE("a model without large tensors passes unchanged") {
  OnnxModel m;
  m.input("x", {"batch", 8}).integers("axes", {1, 2}).node("Relu", {"x"}, {"y"}, "act").output("y");
  CHECK(filtered(m.model()).SerializeAsString() == m.bytes());
}

TEST_CASE("contents of more than 4 KiB are dropped and the tensor is marked external") {
  struct Case {
    std::size_t bytes;
    bool kept;
  };
  for (const Case& c : {Case{4096, true}, Case{4097, false}}) {
    OnnxModel m;
    auto& tensor = *m.graph().add_initializer();
    tensor.set_name("w");
    tensor.set_data_type(onnx::TensorProto::UINT8);
    tensor.add_dims(static_cast<std::int64_t>(c.bytes));
    tensor.set_raw_data(std::string(c.bytes, 'x'));
    const onnx::TensorProto out = filtered(m.model()).graph().initializer(0);
    CHECK(out.name() == "w");
    CHECK(out.dims(0) == static_cast<std::int64_t>(c.bytes));
    CHECK(out.raw_data().size() == (c.kept ? 4096 : 0));
    CHECK((out.data_location() == onnx::TensorProto::EXTERNAL) == !c.kept);
  }
}

TEST_CASE(
    "typed fields, tensors of attributes, sparse tensors and function bodies are filtered too") {
  const auto fill = [](onnx::TensorProto& tensor) {
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (int i = 0; i < 2000; ++i) tensor.add_float_data(1.5F);  // 8,000 bytes
  };
  OnnxModel m;
  m.node("Constant", {}, {"c"});
  auto& attribute = *m.last_node().add_attribute();
  fill(*attribute.mutable_t());
  fill(*attribute.add_tensors());
  fill(*attribute.mutable_sparse_tensor()->mutable_values());
  fill(*attribute.mutable_g()->add_initializer());
  fill(*m.graph().add_sparse_initializer()->mutable_indices());
  fill(*m.model().add_functions()->add_node()->add_attribute()->mutable_t());
  const onnx::ModelProto out = filtered(m.model());
  const auto& kept = out.graph().node(0).attribute(0);
  CHECK(kept.t().float_data_size() == 0);
  CHECK(kept.tensors(0).float_data_size() == 0);
  CHECK(kept.sparse_tensor().values().float_data_size() == 0);
  CHECK(kept.g().initializer(0).float_data_size() == 0);
  CHECK(out.graph().sparse_initializer(0).indices().float_data_size() == 0);
  CHECK(out.functions(0).node(0).attribute(0).t().float_data_size() == 0);
  CHECK(out.ByteSizeLong() < 200);
}

TEST_CASE("many small pieces of contents count together") {
  std::string pieces;  // 500 unpacked int64 elements of ten bytes each: 5,000 bytes of contents
  for (int i = 0; i < 500; ++i)
    pieces += "\x38" + std::string(9, '\xFF') + "\x01";  // int64_data (7) = -1
  const std::string bytes = "\x08\x0A" + message(7, message(5, pieces));
  const auto out = strip_payloads(bytes, "m.onnx");
  REQUIRE(out);
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(*out));
  CHECK(model.graph().initializer(0).int64_data_size() == 0);
}

TEST_CASE("doc strings, external file names and all metadata but module paths are dropped") {
  OnnxModel m;
  m.weight("w", {4}).node("Relu", {"w"}, {"y"}).output("y");
  m.model().set_doc_string("long");
  m.graph().mutable_initializer(0)->add_external_data()->set_key("location");
  for (const char* key :
       {"pkg.torch.onnx.stack_trace", "pkg.torch.onnx.name_scopes", "namespace"}) {
    auto& entry = *m.last_node().add_metadata_props();
    entry.set_key(key);
    entry.set_value("v");
  }
  const onnx::ModelProto out = filtered(m.model());
  CHECK(out.doc_string().empty());
  CHECK(out.graph().initializer(0).external_data_size() == 0);
  REQUIRE(out.graph().node(0).metadata_props_size() == 2);
  CHECK(out.graph().node(0).metadata_props(0).key() == "pkg.torch.onnx.name_scopes");
  CHECK(out.graph().node(0).metadata_props(1).key() == "namespace");
}

TEST_CASE("truncation and damage name the byte") {
  // 08 0A: ir_version 10; then graph (field 7) of 10 bytes, of which 3 are there.
  CHECK(error_of(std::string("\x08\x0A\x3A\x0A\x0A\x01x", 7)) ==
        "m.onnx: truncated: the field at byte 2 needs 12 bytes, 5 are left");
  CHECK(error_of(std::string("\x08\x0A\x3A", 3)) ==
        "m.onnx: truncated: the field at byte 2 is cut off");
  // A node (field 1) of 9 bytes within a graph of 3, in a file that is long enough.
  CHECK(error_of(
            std::string("\x08\x0A\x3A\x03\x0A\x09x\x10\x01\x10\x01\x10\x01\x10\x01\x10\x01", 17)) ==
        "m.onnx: damaged at byte 4: a field reaches beyond its message");
  CHECK(error_of(std::string("\x08\x0A\x3A\x02\x0B\x00", 6)) ==
        "m.onnx: damaged at byte 4: wire type 3 is not used by ONNX");
  CHECK(error_of(std::string("\x08\x0A\x3A\x02\x00\x00", 6)) ==
        "m.onnx: damaged at byte 4: no protobuf field starts here");
  CHECK(error_of("\xFF\xFF\xFF\xFF\xFF\xFF") == "m.onnx: not an ONNX model");
  CHECK(error_of("") == "m.onnx: not an ONNX model");
  CHECK(error_of("\x08\x0A\x12\x01x") == "m.onnx: no graph in it: not an ONNX model");
}

TEST_CASE(
    "ten thousand nested graphs are refused, ninety levels are not the protobuf parser's limit") {
  std::string graph;
  for (int i = 0; i < 10'000; ++i) graph = message(1, message(5, message(6, graph)));
  CHECK(error_of("\x08\x0A" + message(7, graph))
            .starts_with("m.onnx: nested deeper than 90 levels at byte "));
  std::string shallow;
  for (int i = 0; i < 29; ++i)
    shallow = message(1, message(5, message(6, shallow)));  // 1 + 3 * 29 = 88 levels
  const auto kept = strip_payloads("\x08\x0A" + message(7, shallow), "m.onnx");
  REQUIRE(kept);
  onnx::ModelProto model;
  CHECK(model.ParseFromString(*kept));
}

TEST_CASE("a file cut anywhere is an error or a smaller model, never a crash") {
  OnnxModel m;
  m.input("x", {2, 8});
  std::string previous = "x";
  for (int i = 0; i < 90; ++i) {
    const std::string n = std::to_string(i);
    m.weight("w" + n, {8, 8}).node("MatMul", {previous, "w" + n}, {"h" + n}, "layer." + n);
    previous = "h" + n;
  }
  m.output(previous);
  const std::string bytes = m.bytes();
  REQUIRE(bytes.size() > 3000);
  std::size_t errors = 0;
  std::size_t cuts = 0;
  const std::size_t step = (bytes.size() - 1024) / 200;
  for (std::size_t at = 0; at < bytes.size(); at += at < 1024 ? 1 : step) {
    const auto result = parse_onnx(std::string_view(bytes).substr(0, at), "m.onnx", {});
    ++cuts;
    if (result) continue;
    ++errors;
    CHECK(result.error().kind == ErrorKind::bad_input);
    CHECK(result.error().message.starts_with("m.onnx: "));
  }
  CHECK(cuts > 1200);
  CHECK(errors >= cuts - 1);  // only the graph, whole and without the opset behind it, is a model
}

TEST_CASE("a file with any one byte changed is an error or a model, never a crash") {
  OnnxModel m;
  m.input("x", {"batch", 8}).weight("w", {8, 4}).integers("target", {2, 2, -1});
  m.node("MatMul", {"x", "w"}, {"h"}, "mm")
      .node("Reshape", {"h", "target"}, {"y"}, "r")
      .output("y");
  Options options;
  options.dims = {{"batch", 2}};
  const std::string bytes = m.bytes();
  REQUIRE(parse_onnx(bytes, "m.onnx", options));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {0x01, 0x80}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const auto result = parse_onnx(damaged, "m.onnx", options);
      if (!result) CHECK(result.error().kind != ErrorKind::internal);
    }
  }
}
