// If, Loop and Scan while shapes are inferred: what their bodies see, what they make, how often they
// run.
//
//     If     a branch sees the values outside; its outputs are the node's
//     Loop   the body sees the iteration's number, a condition that holds, and what it carries,
//            whose shapes stay as they are; it runs M times if its condition is constant
//     Scan   the body sees what it carries and one slice of each scanned input
//
// ONNX's own inference forgets the shapes of what a loop carries, since they might change; a body
// that keeps them, under the pass of onnx_pass.h, proves that they do not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <onnx/onnx_pb.h>

#include "base/result.h"
#include "ingest/onnx_values.h"

namespace hcb {

// Is it an If, Loop or Scan of the default domain?
[[nodiscard]] bool has_bodies(const onnx::NodeProto& node);

// The branch of an If that a known condition takes; nullptr: not known, or no such If.
[[nodiscard]] onnx::GraphProto* taken_branch(onnx::NodeProto& node, const ValueTable& values);

// How often the bodies of a node run, as the pass leaves it in the node for the conversion.
struct Trips {
  enum class Kind : std::uint8_t {
    exact,
    at_most,  // a condition may end it earlier
    unknown,
    unshaped  // the bodies' shapes are not known either
  };
  Kind kind = Kind::unshaped;
  std::int64_t count = 1;
};
void write_trips(onnx::NodeProto& node, Trips trips);
[[nodiscard]] Trips read_trips(const onnx::NodeProto& node);

// Runs the pass over every body of `node`, whose inputs have types in `values`, and gives the
// node's outputs their types where they follow. Returns false, with the bodies as they were, where
// the shapes inside do not. `name` of the file. Errors: those of ValueTable::set_type.
[[nodiscard]] Result<bool> infer_bodies(const onnx::ModelProto& model, onnx::NodeProto& node,
                                        ValueTable& values, const std::string& name);

}  // namespace hcb
