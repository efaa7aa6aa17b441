// What an incumbent rules out: recomputations that no cheaper schedule contains, or none is without,
// found by minimum cuts of the single moments and carried along the segments.
#pragma once

#include "base/context.h"
#include "schedule/bounds/fixings.h"

namespace hcb {

// `incumbent` in units of time_unit(). `log2`: the scale of the certificate the proofs go into, at
// least that of scale_for(). Per moment, a few times over: reduced costs of the best cut,
// then a cut with the recomputation forced (or forbidden) for every one that is left; what is fixed
// stays so in the cuts behind it, which makes them larger. Errors: those of MomentSystem::make().
[[nodiscard]] Result<Fixings> fix_against(const MomentSystem& system,
                                          const IdVector<BufferId, Bytes>& size, Bytes budget,
                                          std::int64_t incumbent, std::uint32_t log2,
                                          Context& context);

}  // namespace hcb
