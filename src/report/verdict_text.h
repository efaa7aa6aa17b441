// The verdict on a budget in one sentence.
//
//     does not fit 8 GiB; fits with recomputation at about +6.2 % step time (bound +6.2 %)
#pragma once

#include <string>

#include "report/verdict.h"

namespace hcb {

// `outlook` has a verdict. For people; may change.
[[nodiscard]] std::string verdict_words(const Analysis& analysis, const Outlook& outlook);

}  // namespace hcb
