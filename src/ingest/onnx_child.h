// Running third-party code on a model a stranger wrote: in a child process with limits.
//
// The child may crash, loop or eat memory; the parent then says so, with the file's name, and goes
// on. What the child computes comes back through a pipe as bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace hcb {

// Its shadow memory exceeds any sensible limit, so that none is set then.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kUnderAddressSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kUnderAddressSanitizer = true;
#else
inline constexpr bool kUnderAddressSanitizer = false;
#endif
#else
inline constexpr bool kUnderAddressSanitizer = false;
#endif

struct ChildLimits {
  // Bytes of private writable memory; not set under AddressSanitizer.
  std::uint64_t memory = std::uint64_t{4} << 30;
  unsigned cpu_seconds = 60;
  unsigned wall_seconds = 120;
};

// Runs `work` in a forked child and returns what it returned, error or bytes. Exceptions become
// bad_input errors, std::bad_alloc and every limit a `limit` error, a fatal signal a bad_input
// error naming it; messages start with `name`. The child inherits no signal handlers of ours:
// Ctrl-C ends it and gives `interrupted`.
[[nodiscard]] Result<std::string> run_in_child(const std::string& name, const ChildLimits& limits,
                                               const std::function<Result<std::string>()>& work);

}  // namespace hcb
