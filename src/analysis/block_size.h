// Which size of blocks holds least, from the frontiers alone.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace hcb {

// The life of a buffer in the forward part: made at place `made`, last read at place `last` >= made,
// places counting the forward nodes that are no views.
struct ForwardLife {
  std::int64_t made = 0;
  std::int64_t last = 0;
  Bytes bytes = 0;
};

// Blocks of `block_size` nodes: what a replay is expected to hold.
struct BlockCosts {
  std::int64_t block_size = 0;
  std::int64_t blocks = 0;
  Bytes boundaries = 0;  // all buffers that cross a boundary between blocks
  Bytes widest = 0;      // most bytes across one boundary
  Bytes block = 0;       // most bytes made in one block

  // Every boundary kept, one block replayed at a time.
  [[nodiscard]] Bytes periodic() const;
  // The boundaries on one path of a balanced binary tree over the blocks, and one block.
  [[nodiscard]] Bytes interval_tree() const;
};

// Costs of the sizes 1, 2, 4 … below `nodes`, of ⌊√nodes⌋ and of `nodes`, ascending; empty for no
// nodes. O((nodes + lives) · log nodes).
[[nodiscard]] std::vector<BlockCosts> block_costs(const std::vector<ForwardLife>& lives,
                                                  std::int64_t nodes);

// floor(√n), exactly; n >= 0.
[[nodiscard]] std::int64_t integer_sqrt(std::int64_t n);

}  // namespace hcb
