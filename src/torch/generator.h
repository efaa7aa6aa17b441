// The generator that random ops draw from.
#pragma once

#include <memory>

#include "runtime/random.h"

namespace hcb {

// CPU: the state of the Mersenne twister with the normal samples it holds back, about 2.5 KB, read
// and set without a tensor.
[[nodiscard]] std::unique_ptr<RandomState> cpu_random_state();

}  // namespace hcb
