// A comparison written out. Every form ends with a line break and begins with what changed; text and
// its kin may change, the keys of the JSON are documented in docs/diff.md.
#pragma once

#include <string>
#include <vector>

#include "report/diff.h"
#include "report/diff_limits.h"

namespace hcb {

using Outcomes = std::vector<LimitOutcome>;

//     the graph changed: 12 ops grew
//     old.json (mlp.onnx) -> new.json (mlp.onnx)
//     limit       peak+2% is exceeded: 8.00 GiB -> 9.50 GiB, +1.50 GiB (+19 %)
//     peak        8.00 GiB -> 9.50 GiB   +1.50 GiB (+19 %)
//     …
//     grew        12 ops
//       64.0 MiB -> 128 MiB   /fc1/MatMul (MatMul in fc1)   float32[8,64] -> float32[8,128]
// Ten entries of a list at most.
[[nodiscard]] std::string diff_text(const Diff& diff, const Outcomes& outcomes);

// Everything, lists in full.
[[nodiscard]] std::string diff_json(const Diff& diff, const Outcomes& outcomes);

// For a comment on a change: a table of figures, lists folded.
[[nodiscard]] std::string diff_markdown(const Diff& diff, const Outcomes& outcomes);

// Workflow commands that GitHub shows beside a change: an error for each limit exceeded, naming what
// grew most, else one notice where anything changed; then the text.
[[nodiscard]] std::string diff_github(const Diff& diff, const Outcomes& outcomes);

// JUnit XML: a test case for each limit, or one for the comparison where there are none.
[[nodiscard]] std::string diff_junit(const Diff& diff, const Outcomes& outcomes);

}  // namespace hcb
