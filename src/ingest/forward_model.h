// ForwardModel: what a front end hands to backward synthesis. A forward graph with every shape
// known, constants folded, local functions inlined, and nothing decided yet about training: which
// constants are parameters is the business of ingest/training.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/types.h"
#include "ops/op.h"

namespace hcb {

struct ForwardValue {
  std::string name;
  DType dtype = DType::undefined;
  std::vector<std::int64_t> shape;
  // Element type in the file, where --activation-dtype changed it; else undefined.
  DType stored = DType::undefined;
  Role role =
      Role::activation;  // input, constant or activation; parameters and buffers are found later
  bool is_output = false;
  std::optional<std::vector<std::int64_t>>
      integers;  // contents, where known and integral (shapes, axes, pads …)
};

struct ForwardNode {
  static constexpr std::int32_t kOmitted = -1;  // an optional argument that is not there

  std::string name;    // unique; never empty
  std::string domain;  // "" is ai.onnx
  std::string op;
  std::int64_t opset = 0;            // of its domain in this model
  std::vector<std::int32_t> inputs;  // indexes into ForwardModel::values, or kOmitted
  std::vector<std::int32_t> outputs;
  std::vector<Attribute> attributes;       // without subgraphs and tensors
  std::string module;                      // module path for people; may be empty
  BodyCost body = {};                      // If, Loop, Scan
  std::vector<std::int32_t> body_weights;  // values that enter a weight slot inside
};

struct ForwardModel {
  std::string name;  // file name without folder
  Dialect dialect = Dialect::onnx;
  std::int64_t opset = 0;      // of the main domain
  std::size_t file_nodes = 0;  // nodes in the file, before folding and inlining
  std::vector<ForwardValue> values;
  std::vector<ForwardNode> nodes;  // topological
  std::vector<std::pair<std::string, std::int64_t>>
      bound_dims;                    // symbolic dims as bound, in order of appearance
  std::vector<std::string> notes;    // what people should know: guesses, what is not counted
  std::vector<std::string> details;  // what was done on the way: folded, inlined
};

}  // namespace hcb
