// How the C library keeps the memory that tensors give back.
#pragma once

#include <string>

namespace hcb {

// By default glibc maps large blocks one by one and gives the heap's end back to the system, so that
// every step pays for the same pages again. keep_heap: large blocks come from the heap too, and it
// never shrinks; resident memory of the process then stays at its highest. Returns the policy in
// words, for reports.
[[nodiscard]] std::string apply_allocation_policy(bool keep_heap);

}  // namespace hcb
