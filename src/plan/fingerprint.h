// What identifies a graph: its canonical text, hashed.
//
// The text has one line per value and per node, in id order, and depends on nothing but what a plan
// depends on (never on protobuf bytes, file names, module paths or attributes):
//
//     graph onnx
//     value "x" float32 [8,1024] input base="x" bytes=32768
//     node "mm" "MatMul" forward flags=- time=12 workspace=0 flops=64 in=("x" …)("w" …) out=("y" …)
//     order "a" "b"
//     output "loss"
//
// Names are quoted; `"`, `\` and line breaks in them are escaped, so that no two graphs share a
// text. A node's line repeats the lines of its values, so a change of a shape is a change of every
// node that touches it, and can be named.
//
// Hashes: XXH3, 64 bits per node line, 128 bits over the whole text. The unnamed fingerprint is over
// the same text with "%17" in the place of the name of value or node 17: an exporter that renames
// leaves it as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/graph.h"
#include "plan/plan.h"

namespace hcb {

// Names are stored as printable() text (valid UTF-8). O(size of the canonical text).
[[nodiscard]] GraphRecord graph_record(const Graph& graph);

// The hashes of it alone, 32 lower-case hex digits each.
[[nodiscard]] std::string fingerprint(const Graph& graph);
[[nodiscard]] std::string unnamed_fingerprint(const Graph& graph);

// XXH3-128 of a text, 32 lower-case hex digits: what names a certificate kept beside its plan.
[[nodiscard]] std::string text_hash(std::string_view text);

// The canonical text itself, for people and tests.
[[nodiscard]] std::string canonical_text(const Graph& graph);

// The first difference between the graph a plan was made for and `graph`, in words; nullopt: none.
// "node 17 is 'a' (Conv) in the plan, 'b' (Relu) in the graph".
[[nodiscard]] std::optional<std::string> first_difference(const GraphRecord& plan,
                                                          const GraphRecord& graph);

}  // namespace hcb
