// Counting bytes: what is allocated now, the most since a mark, and a limit that is enforced.
#pragma once

#include <mutex>
#include <optional>

#include "base/bytes.h"

namespace hcb {

// An allocation that would have exceeded the limit.
struct Refusal {
  Bytes asked = 0;
  Bytes live = 0;  // at that moment
};

// How the executor reads an allocator. All bytes as the device's allocator rounds them.
class MemoryMeter {
 public:
  virtual ~MemoryMeter() = default;
  [[nodiscard]] virtual Bytes live() const = 0;
  [[nodiscard]] virtual Bytes peak() const = 0;  // most live since mark()
  virtual void mark() = 0;                       // peak becomes what is live
  virtual void set_limit(std::optional<Bytes> limit) = 0;
  [[nodiscard]] virtual std::optional<Refusal> refusal() const = 0;  // last one since set_limit()
};

// The meter of an allocator that tells it every allocation. May be told from any thread.
class ByteCounter final : public MemoryMeter {
 public:
  [[nodiscard]] bool take(Bytes bytes);  // false: refused, nothing is counted
  void give_back(Bytes bytes);

  [[nodiscard]] Bytes live() const override;
  [[nodiscard]] Bytes peak() const override;
  void mark() override;
  void set_limit(std::optional<Bytes> limit) override;
  [[nodiscard]] std::optional<Refusal> refusal() const override;

 private:
  mutable std::mutex mutex_;
  Bytes live_ = 0;
  Bytes peak_ = 0;
  std::optional<Bytes> limit_;
  std::optional<Refusal> refusal_;
};

}  // namespace hcb
