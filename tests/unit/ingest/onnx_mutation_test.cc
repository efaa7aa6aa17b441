// A fuzz test that every build runs: a fixed number of ONNX files, each a corpus file with a few
// fields or bytes changed, the same ones every time; 15 s of CPU time under the sanitizers, most of
// it in children. tests/fuzz/fuzz_onnx.cc searches further, under clang.
#include <array>

#include <doctest/doctest.h>
#include <onnx/onnx_pb.h>

#include "ingest/onnx.h"
#include "ingest/training.h"
#include "support/mutation.h"

namespace hcb::test {
namespace {

constexpr int kPerFile = 20;
constexpr std::array<std::string_view, 4> kOften{"graph", "node", "initializer", "attribute"};

Options options() {
  Options options;
  options.batch = 2;
  options.train = {"*"};
  return options;
}

std::string with_other_fields(const std::string& bytes, Prng& prng) {
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes)) return bytes;
  for (std::size_t changes = 1 + prng.below(3); changes > 0; --changes) spoil(model, kOften, prng);
  return model.SerializeAsString();
}

struct Counts {
  int read = 0;
  int refused = 0;
};

void check_error(const Error& error) {
  CHECK(error.message.starts_with("mutated.onnx: "));
  CHECK(error.kind != ErrorKind::internal);
  CHECK(!error.message.ends_with("without an answer"));
}

// An error that names the file, or a model; that one is an error or a graph.
void read(const std::string& bytes, Counts& counts) {
  const auto model = parse_onnx(bytes, "mutated.onnx", options());
  if (!model) {
    ++counts.refused;
    return check_error(model.error());
  }
  ++counts.read;
  const auto step = build_graph(*model, options());
  if (!step) CHECK(step.error().kind != ErrorKind::internal);
}

TEST_CASE("onnx: changed fields are an error or a model") {
  Prng prng(1);
  Counts counts;
  for (const std::string& seed : corpus("onnx")) {
    for (int i = 0; i < kPerFile; ++i) read(with_other_fields(seed, prng), counts);
  }
  CHECK(counts.read > 20);
  CHECK(counts.refused > 200);
}

TEST_CASE("onnx: changed bytes are an error or a model") {
  Prng prng(2);
  Counts counts;
  for (const std::string& seed : corpus("onnx")) {
    for (int i = 0; i < kPerFile; ++i) read(with_other_bytes(seed, prng), counts);
  }
  CHECK(counts.refused > 200);
}

}  // namespace
}  // namespace hcb::test
