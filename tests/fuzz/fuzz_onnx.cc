// libFuzzer entry for ONNX ingest: any bytes are an error or a model, in bounded time and memory.
//
// Built with clang 19 and -fsanitize=fuzzer,address,undefined. The official inference runs in its
// limited child, so that a crash of the library is an error here; a sanitizer that stops the child
// in our own folding leaves it without an answer, and that fails the fuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hcb::Options options;
  options.dims = {{"batch", 2}, {"seq", 3}};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Names the input does not use are an error of their own; most inputs are read without any.
  for (const hcb::Options& given : {hcb::Options{}, options}) {
    const auto model = hcb::parse_onnx(bytes, "fuzz.onnx", given);
    if (model) continue;
    const hcb::Error& error = model.error();
    if (error.message.empty() || error.kind == hcb::ErrorKind::internal) std::abort();
    if (error.message.ends_with("without an answer")) std::abort();
  }
  return 0;
}
