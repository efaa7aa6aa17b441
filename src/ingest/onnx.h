// Reading an ONNX model: structure only, shapes bound and inferred, constants folded.
#pragma once

#include <string>
#include <string_view>

#include "base/options.h"
#include "base/result.h"
#include "ingest/forward_model.h"

namespace hcb {

// The opsets of the main domain whose definitions are known: [oldest, newest]. A model of a newer
// one is refused.
struct OpsetRange {
  int oldest = 0;
  int newest = 0;
};
[[nodiscard]] OpsetRange onnx_opsets();

// Reads the file at `path`, or all of stdin for "-". Uses dims, input_shapes and batch of
// `options`. Errors (bad_input, with file name): not a file, a directory, unreadable, empty,
// truncated (with the offset), not ONNX, unbound dims (all at once, with the flags to paste),
// contradictory shapes, values whose shape stays unknown (naming the first op that broke the
// chain), overflowing sizes, cycles. Never opens files the model names.
[[nodiscard]] Result<ForwardModel> read_onnx(const std::string& path, const Options& options);

// The same from bytes in memory; `name` is for messages.
[[nodiscard]] Result<ForwardModel> parse_onnx(std::string_view bytes, const std::string& name,
                                              const Options& options);

}  // namespace hcb
