// Running code on a small stack, to show that nothing recurses on the depth of a graph.
#pragma once

#include <cstddef>
#include <functional>

namespace hcb {

// Runs `work` to its end in a thread of its own with `bytes` of stack (at least 16 KiB). A deeper
// recursion kills the process, which is what the test is for. `work` must not throw.
void on_small_stack(std::size_t bytes, const std::function<void()>& work);

}  // namespace hcb
