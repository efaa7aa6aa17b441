// What a person should know about an interval-tree plan beyond its numbers.
#pragma once

#include <string>
#include <vector>

#include "schedule/blocks.h"
#include "schedule/forward_order.h"
#include "schedule/strategy.h"

namespace hcb {

struct TreeCandidate;

// Where values that span many blocks (more than an eighth of them, at least two) make up a quarter
// or more of the widest frontier: how wide it is, and the largest of these values by name.
void note_wide_frontier(const StrategyRequest& request, const ForwardOrder& order,
                        const Blocks& blocks, std::vector<std::string>& notes);

// Values that the backward reads behind the replay of their block: how many bytes, held or made
// again; and, above a quarter of the stored activations, that the backward is not separable.
void note_late_values(const StrategyRequest& request, const ForwardOrder& order,
                      const TreeCandidate& candidate, std::vector<std::string>& notes);

}  // namespace hcb
