// What an incumbent rules out: recomputations that no cheaper schedule contains, found by minimum
// cuts of the single moments and carried along the segments.
#pragma once

#include "schedule/bounds/split_tree.h"

namespace hcb {

// `incumbent` in units of time_unit(). `log2`: the scale of the certificate the proofs go into, at
// least that of scale_for(). Two rounds per moment: reduced costs of the best cut, then a cut with
// the recomputation forced for those that are close. Errors: those of MomentSystem::make().
[[nodiscard]] Result<Fixings> fix_against(const MomentSystem& system,
                                          const IdVector<BufferId, Bytes>& size, Bytes budget,
                                          std::int64_t incumbent, std::uint32_t log2,
                                          Context& context);

}  // namespace hcb
