// The first screen: what `hcb analyze` prints.
//
//     gpt2.onnx   opset 18, 1,204 nodes, 124.4 M parameters (475 MiB), float32   batch=8 seq=1024
//     training    peak 14.2 GiB at backward of /h.11/mlp/Gelu   inference 1.90 GiB
//       resident  … activations … gradients … workspace …   (AdamW would add 949 MiB)
//     verdict     …                                           only with a budget
//     alive at the peak (top 3 of 412)              kept by
//       1.50 GiB  /h.11/attn/Softmax:0              backward of /h.11/attn/MatMul_1
//     lowest possible …   sqrt regime: --block-size 34   next: hcb plan …
//     structure   …                                           training graphs: structure_text.h
//     estimates: device a100-80g; 3 ops by default rule: NonZero, …
//     note: …                                                 one line each
#pragma once

#include <string>
#include <string_view>

#include "report/verdict.h"

namespace hcb {

// `model_argument`: MODEL as the person typed it. Every line ends with a newline. For people; may
// change.
[[nodiscard]] std::string analyze_text(const Analysis& analysis, const Outlook& outlook,
                                       const Options& options, std::string_view model_argument);

}  // namespace hcb
