// A graph written out: text for people, JSON for programs. Same graph, same bytes.
#pragma once

#include <string>

#include "graph/graph.h"

namespace hcb {

// One line per resident, node, order edge and output, in id order; bytes are storage bytes, times
// nanoseconds. Names are printable().
//
//     graph tiny (onnx): 1 node, 3 values, 3 buffers
//     resident x: float32[2,4] input, 32 bytes
//     resident w: float32[4,4] parameter, 64 bytes
//     node mm = MatMul(x, w): forward, 12 ns
//       y: float32[2,4] activation, 32 bytes
//     output y
//
// Behind a node come its outputs, indented, with "view of …" or "takes the storage of …".
[[nodiscard]] std::string dump_text(const Graph& graph);

// {"format": "hcb-graph", "name", "dialect", "values": [{"name", "dtype", "shape", "role",
// "buffer"}], "buffers": [{"value", "bytes", "owner", "donor"}], "nodes": [{"name", "op", "phase",
// "module", "inputs", "outputs", "flags", "cost": {"flops", "bytes_moved", "workspace", "time_ns"},
// "forward", "attributes"}], "order_edges": [[before, after]], "outputs"}. References are indexes
// into the lists; null: none (an omitted argument, the owner of a resident). Attributes are [name,
// value] pairs. Keys in this order, one element of a list per line.
[[nodiscard]] std::string dump_json(const Graph& graph);

}  // namespace hcb
