// One row of the op table seen through a training graph: a case gives the arguments of one node,
// the test compares what synthesis made of it with one line of text.
#pragma once

#include <string>
#include <vector>

#include "graph/types.h"

namespace hcb::test {

// Arguments are words "name:2x3" (float32) or "name:2x3:int64", "name:scalar", "-" for an omitted
// one. Inputs: "*x:…" leads to a parameter, so its gradient is wanted; "#w:…" is a constant; else x
// is a model input. Outputs: the first that is there is the model's output; "+i:…" is read by
// another node.
struct OpCase {
  std::string op;
  std::string inputs;
  std::string outputs;
  std::string expected;
  std::vector<Attribute> attributes = {};
  std::int64_t opset = 28;
  std::string domain = {};
};

// What the training graph says of the node, in this order, parts that are empty left out:
//
//     view random effect default            flags
//     params[w b] buffers[m]                roles of its constants
//     stash[mask:6]                         values made for the backward, with bytes
//     reads[x y mask]                       by the backward, besides gradients
//     makes[x:24 b=y]                       gradients with bytes, or the gradient they view
//     flops[6/12] workspace[0/24]           forward/backward
//     no gradient                           there is no backward node
[[nodiscard]] std::string describe(const OpCase& op_case);

// Compares every case, naming the op.
void check_cases(const std::vector<OpCase>& cases);

// Cases by file of the table; each defined beside its test.
[[nodiscard]] std::vector<OpCase> pointwise_cases();
[[nodiscard]] std::vector<OpCase> movement_cases();
[[nodiscard]] std::vector<OpCase> reduction_cases();
[[nodiscard]] std::vector<OpCase> contraction_cases();
[[nodiscard]] std::vector<OpCase> attention_cases();
[[nodiscard]] std::vector<OpCase> signal_cases();
[[nodiscard]] std::vector<OpCase> window_cases();
[[nodiscard]] std::vector<OpCase> norm_cases();
[[nodiscard]] std::vector<OpCase> rnn_cases();
[[nodiscard]] std::vector<OpCase> blind_cases();
[[nodiscard]] std::vector<OpCase> domain_cases();
[[nodiscard]] std::vector<OpCase> all_cases();

}  // namespace hcb::test
