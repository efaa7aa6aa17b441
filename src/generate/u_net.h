// A convolutional network that goes down and up again.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "graph/graph.h"

namespace hcb {

// `levels` levels (at most 17) of `convs` convolutions down, as many up; each level down halves the
// pixels and doubles the channels (so halves the bytes). Level i hands `down{i}.skip` across to the
// join of level i on the way up. Level 0: 131,072 elements (512 KiB). (4 · convs + 4) · levels + 2 ·
// convs forward nodes.
[[nodiscard]] Result<Graph> u_net_graph(std::size_t levels, std::size_t convs, bool training);

}  // namespace hcb
