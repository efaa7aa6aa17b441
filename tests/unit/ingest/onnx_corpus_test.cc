// Every file of the fuzz corpus through parse_onnx: an error with a message, or a model. Under the
// asan preset this is the regression test of what the fuzzer found.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <doctest/doctest.h>

#include "ingest/onnx.h"
#include "support/places.h"

using namespace hcb;

namespace {

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the fuzz corpus: what each file is told") {
  // Files not listed here are only run.
  const std::map<std::string, std::string> expected{
      {"two_layers", "dims without a size: 'batch' (used by x)"},
      {"cycle", "the graph has a cycle: 'n1' (Add) -> 'n2' (Relu) -> 'n3' (Neg) -> 'n1' (Add)"},
      {"truncated", "truncated: the field at byte 2 needs 97 bytes, 38 are left"},
      {"overflow",
       "tensor 'x' of 9223372036854775807x9223372036854775807 float32 is larger than 2^63 bytes"},
      {"contradiction",
       "node 'mm' (MatMul): Incompatible dimensions for matrix multiplication (inputs: a 2x3, b "
       "4x5)"},
      {"unknown_operator",
       "the shape of 'y' is unknown: node 'spell' (com.acme::Magic) is an operator without a shape "
       "rule here"},
      {"expressions", "dims without a size: 'batch' (used by x), 'seq' (used by x)"},
      {"negative_dim", "initializer 'w' has a negative dim: 4x-2"},
      {"no_graph", "no graph in it: not an ONNX model"},
      {"png", "a PNG image, not an ONNX model"},
      {"text", "text, not an ONNX model"},
      {"if", ""},
      {"slice", ""},
      {"long_vector", ""},
      {"ir3_initialisers", ""},
  };
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_dir() + "/tests/fuzz/corpus/onnx")) {
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    ++files;
    const auto result = parse_onnx(contents(entry.path()), "f", {});
    const std::string told = result ? "" : result.error().message;
    if (const auto wanted = expected.find(name); wanted != expected.end()) {
      CHECK(told == (wanted->second.empty() ? "" : "f: " + wanted->second));
    } else if (!result) {
      CHECK(told.starts_with("f: "));
      CHECK(result.error().kind != ErrorKind::internal);
    }
  }
  CHECK(files >= expected.size());
}
