// Running third-party code on a model a stranger wrote: in a child process with limits.
//
// The child may crash, loop or eat memory; the parent then says so, with the file's name, and goes on. What the child
// computes comes back through a pipe as bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace hcb {

struct ChildLimits {
  std::uint64_t memory = std::uint64_t{4}
                         << 30;  // bytes of private writable memory; not set under AddressSanitizer
  unsigned cpu_seconds = 60;
  unsigned wall_seconds = 120;
};

// Runs `work` in a forked child and returns what it returned, error or bytes. Exceptions become bad_input errors,
// std::bad_alloc and every limit a `limit` error, a fatal signal a bad_input error naming it; messages start with
// `name`. The child inherits no signal handlers of ours: Ctrl-C ends it and gives `interrupted`.
[[nodiscard]] Result<std::string> run_in_child(const std::string& name, const ChildLimits& limits,
                                               const std::function<Result<std::string>()>& work);

}  // namespace hcb
