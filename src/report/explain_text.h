// What `hcb explain` prints.
//
//     gpt2.onnx   the plain step needs 16.2 GiB at backward of /lm_head/MatMul
//     where       MatMul, backward phase, module lm_head; execution 481 of 953
//     made of     resident 507 MiB (parameter 475 MiB, …), activations 14.0 GiB, gradients 1.70 GiB
//     alive there (top 8 of 31 groups, 224 buffers)          kept by
//       4.50 GiB  12 x Softmax in transformer/h.*/attn       backward of Softmax in …
//     letting go of   frees       takes     per ms      peak then     cheapest per byte first
//       12 x …
//     budget      …                                 with a budget, or of a plan
#pragma once

#include <string>
#include <string_view>

#include "report/explain.h"

namespace hcb {

// `graph` and `size`: those that were explained. `model_argument`: MODEL as the person typed it;
// `options`: as given. Every line ends with a newline. For people; may change.
[[nodiscard]] std::string explain_text(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                       const Explanation& explanation, const Analysis& analysis,
                                       const Options& options, std::string_view model_argument);

}  // namespace hcb
