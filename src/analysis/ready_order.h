// Orders that look at the edges alone: Kahn's algorithm with a queue, and with a stack.
//
//     a ─> b ─> d          queue  a e b f d        all that is ready waits its turn
//     e ─> f               stack  a b d e f        a chain is followed to its end
#pragma once

#include <vector>

#include "analysis/precedence.h"

namespace hcb {

// The node that has been ready longest runs next; those that become ready together by ascending id.
// O(nodes + edges).
[[nodiscard]] std::vector<NodeId> kahn_order(const Precedence& precedence);

// The node that became ready last runs next; of those that became ready together the smallest id.
// O(nodes + edges).
[[nodiscard]] std::vector<NodeId> depth_first_order(const Precedence& precedence);

}  // namespace hcb
