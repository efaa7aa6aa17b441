#include "runtime/memory.h"

#include <algorithm>
#include <limits>

namespace hcb {

bool ByteCounter::take(Bytes bytes) {
  const std::scoped_lock lock(mutex_);
  const auto sum = checked_add(live_, bytes);
  if (!sum || *sum > limit_.value_or(std::numeric_limits<Bytes>::max())) {
    refusal_ = Refusal{bytes, live_};
    return false;
  }
  live_ = *sum;
  peak_ = std::max(peak_, live_);
  return true;
}

void ByteCounter::give_back(Bytes bytes) {
  const std::scoped_lock lock(mutex_);
  live_ -= bytes;
}

Bytes ByteCounter::live() const {
  const std::scoped_lock lock(mutex_);
  return live_;
}

Bytes ByteCounter::peak() const {
  const std::scoped_lock lock(mutex_);
  return peak_;
}

void ByteCounter::mark() {
  const std::scoped_lock lock(mutex_);
  peak_ = live_;
}

void ByteCounter::set_limit(std::optional<Bytes> limit) {
  const std::scoped_lock lock(mutex_);
  limit_ = limit;
  refusal_.reset();
}

std::optional<Refusal> ByteCounter::refusal() const {
  const std::scoped_lock lock(mutex_);
  return refusal_;
}

}  // namespace hcb
