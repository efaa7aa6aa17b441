// What a person should know about an interval-tree plan beyond its numbers.
#pragma once

#include <string>
#include <vector>

#include "schedule/blocks.h"
#include "schedule/forward_order.h"
#include "schedule/strategy.h"

namespace hcb {

struct TreeCandidate;

// "12.3": part in percent of the whole, rounded to one decimal; whole > 0, or part = 0.
[[nodiscard]] std::string percent_of(Nanos part, Nanos whole);

// A span of more blocks than this is long: an eighth of them, at least two.
[[nodiscard]] BlockIndex long_span_of(BlockIndex blocks);

// Where values with a long span amount to a quarter of the widest frontier or more: how wide the
// frontier is where they hold most, and the largest of them by name.
void note_wide_frontier(const StrategyRequest& request, const ForwardOrder& order,
                        const Blocks& blocks, std::vector<std::string>& notes);

// Values that the backward reads behind the replay of their block: how many bytes, held or made
// again; and, above a quarter of the stored activations, that the backward is not separable.
void note_late_values(const StrategyRequest& request, const ForwardOrder& order,
                      const TreeCandidate& candidate, std::vector<std::string>& notes);

}  // namespace hcb
