// What the graphs inside a node cost: loops and branches. Internal to src/ingest.
#pragma once

#include <map>
#include <string>

#include "base/options.h"
#include "base/result.h"
#include "graph/graph.h"
#include "hcb/v1/graph.pb.h"
#include "ops/device.h"

namespace hcb::internal {

// Does the node run its bodies one after another (scan, while) or one of them (cond)? The combiner of
// a reduction is part of its kernel.
[[nodiscard]] bool runs_bodies(const v1::Node& node);

struct BodiesCost {
  Cost cost;  // all iterations of a loop; the most expensive of branches
  std::map<std::string, std::size_t> by_default;  // ops that no table has
};

// The bodies of a verified node. A loop of unknown length (`while`) counts as one iteration.
// workspace: the most that one iteration holds beside what enters it and what it leaves behind, and
// the carries of the iteration before. Errors: those of emit_hcb() on a body; (bad_input) FLOPs,
// bytes or time of all iterations exceed 63 bits. O(bodies).
[[nodiscard]] Result<BodiesCost> cost_of_bodies(const v1::Node& node, const Options& options,
                                                const Device& device);

// The most bytes of values that nodes make, where each is held from the node that makes it to its
// last reader, in the given order, workspaces included. Outputs are held to the end. O(graph).
[[nodiscard]] Result<Bytes> peak_inside(const Graph& body);

}  // namespace hcb::internal
