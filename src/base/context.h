// What every long computation is handed: whether to stop, and how much work it may do.
//
// Work is counted in deterministic units (one unit: one elementary step of the algorithm that
// counts), never in seconds, so that a limit gives the same result on every machine.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/result.h"

namespace hcb {

class Context {
 public:
  Context() = default;
  explicit Context(const std::atomic<bool>* cancelled,
                   std::uint64_t work_limit = std::numeric_limits<std::uint64_t>::max())
      : cancelled_(cancelled), work_limit_(work_limit) {}

  // A context of its own count and limit that stops when this one does.
  [[nodiscard]] Context part(std::uint64_t work_limit) const {
    Context context(cancelled_, work_limit);
    context.deadline_ = deadline_;
    return context;
  }

  // From `deadline` on this context and its parts say cancelled().
  void stop_at(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }

  void count(std::uint64_t units) { work_ += units; }
  [[nodiscard]] std::uint64_t work() const { return work_; }
  // Asked to stop, by a person or because the deadline has passed.
  [[nodiscard]] bool cancelled() const {
    if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) return true;
    return deadline_ && std::chrono::steady_clock::now() >= *deadline_;
  }
  [[nodiscard]] bool exhausted() const { return work_ >= work_limit_; }

  // An error when asked to stop.
  [[nodiscard]] Result<void> check() const {
    if (cancelled()) return fail(ErrorKind::interrupted, "interrupted");
    return {};
  }

 private:
  const std::atomic<bool>* cancelled_ = nullptr;
  std::uint64_t work_limit_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t work_ = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace hcb
