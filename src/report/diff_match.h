// Which node of one graph is which node of another, changed one.
//
//     OLD   fc1/MatMul [8,64]   Relu [8,64]   fc2/MatMul [8,10]
//             |                   |             |                  fc1 was made twice as wide: its
//     NEW   fc1/MatMul [8,128]  Relu [8,128]  fc2/MatMul [8,10]    nodes are found by module and op
//
// Two graphs of one unnamed fingerprint are the same but for names: node i is node i. Otherwise
// rounds pair what earlier rounds left over, each by fewer of the four things that a node is known by:
// module path, op, type (element types and shapes of what it makes) and name. Within equal keys
// nodes pair in order of occurrence; the first round of each kind pairs only keys that occur equally
// often on both sides, so that a node that came or went does not shift all behind it.
#pragma once

#include <vector>

#include "plan/plan.h"

namespace hcb {

struct NodeMatch {
  std::vector<NodeId> to_new;  // by old node; kNone: removed
  std::vector<NodeId> to_old;  // by new node; kNone: added
  bool same_graph = false;     // but for names
};

// Where one of the two has no places (format 1.0) nodes are known by name and op alone.
// O(nodes log nodes) expected.
[[nodiscard]] NodeMatch match_nodes(const GraphRecord& old_graph, const GraphRecord& new_graph);

}  // namespace hcb
