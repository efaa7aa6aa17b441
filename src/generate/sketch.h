// Sketch: forward nodes that a family wires, with seeded sizes and times.
//
// A node has one output of 1 to 64 KiB and takes 1 to 1,000 µs. Half of the nodes, and all that read
// nothing with a gradient, have a parameter of 4 KiB. What its backward reads is drawn as well: the
// inputs (as of a product), the output (as of an activation), or neither (as of a sum).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/prng.h"
#include "generate/generate.h"
#include "generate/training_builder.h"

namespace hcb {

// Bytes and time of a node.
struct Weight {
  std::int64_t elements = 0;  // float32
  Nanos time = 0;
};

class Sketch {
 public:
  Sketch(std::string_view family, const GenerateRequest& request);

  [[nodiscard]] Prng& random() { return random_; }
  // The one input of the model.
  [[nodiscard]] ValueId input() const { return input_; }
  // Nodes that the request still asks for.
  [[nodiscard]] std::size_t left() const { return left_; }

  // The next node; of drawn weight, or of the given one. Returns its output.
  ValueId node(std::vector<ValueId> inputs);
  ValueId node(std::vector<ValueId> inputs, const Weight& weight);
  [[nodiscard]] Weight draw_weight();

  // Values that no node read are outputs: of the model, or of a loss behind them.
  [[nodiscard]] Result<Graph> finish() &&;

 private:
  [[nodiscard]] bool needs_parameter(const std::vector<ValueId>& inputs);
  [[nodiscard]] Saves draw_saves(std::size_t inputs);

  Prng random_;
  TrainingBuilder training_;
  bool with_backward_;
  std::size_t left_;
  ValueId input_;
  std::vector<ValueId> made_;
  IdVector<ValueId, char> is_read_;
};

}  // namespace hcb
