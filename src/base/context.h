// What every long computation is handed: whether to stop, and how much work it may do.
//
// Work is counted in deterministic units (one unit: one elementary step of the algorithm that
// counts), never in seconds, so that a limit gives the same result on every machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "base/result.h"

namespace hcb {

class Context {
 public:
  Context() = default;
  explicit Context(const std::atomic<bool>* cancelled,
                   std::uint64_t work_limit = std::numeric_limits<std::uint64_t>::max())
      : cancelled_(cancelled), work_limit_(work_limit) {}

  // A context of its own count and limit that the same person can stop.
  [[nodiscard]] Context part(std::uint64_t work_limit) const {
    return Context(cancelled_, work_limit);
  }

  void count(std::uint64_t units) { work_ += units; }
  [[nodiscard]] std::uint64_t work() const { return work_; }
  [[nodiscard]] bool cancelled() const {
    return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool exhausted() const { return work_ >= work_limit_; }

  // An error when a person asked to stop.
  [[nodiscard]] Result<void> check() const {
    if (cancelled()) return fail(ErrorKind::interrupted, "interrupted");
    return {};
  }

 private:
  const std::atomic<bool>* cancelled_ = nullptr;
  std::uint64_t work_limit_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t work_ = 0;
};

}  // namespace hcb
