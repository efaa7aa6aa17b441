// What is said of a model in which shapes stay unknown. Calls third-party code, as onnx_official.h
// says.
#pragma once

#include <string>

#include <onnx/onnx_pb.h>

#include "base/result.h"
#include "ingest/onnx_official.h"
#include "ingest/onnx_values.h"

namespace hcb {

// Nodes with an output of unknown shape: the first in words, the others counted.
class UnknownShapes {
 public:
  // `node` after inference, with its outputs in `values`. O(outputs).
  void look_at(const onnx::NodeProto& node, const ValueTable& values,
               const OfficialInference& official);

  [[nodiscard]] bool any() const { return nodes_ > 0; }
  // (bad_input), of the file of that name; only if any().
  [[nodiscard]] Error error(const std::string& file) const;

 private:
  std::string first_;
  std::string help_;
  std::size_t nodes_ = 0;
};

}  // namespace hcb
