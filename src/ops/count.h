// Count: a non-negative 64-bit number that remembers whether it overflowed, so that a product of
// many dims can be written as a product and asked once, at the end, whether it holds.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace hcb {

class Count {
 public:
  constexpr Count() = default;
  // Negative numbers have no meaning here and count as overflow.
  constexpr Count(std::int64_t value)  // NOLINT(google-explicit-constructor): a number is a count
      : value_(value), valid_(value >= 0) {}

  [[nodiscard]] static constexpr Count overflowed() { return Count(-1); }

  // nullopt: some step did not fit in 63 bits.
  [[nodiscard]] constexpr std::optional<std::int64_t> value() const {
    return valid_ ? std::optional(value_) : std::nullopt;
  }

  friend constexpr Count operator+(Count a, Count b) {
    Count sum;
    sum.valid_ = a.valid_ && b.valid_ && !__builtin_add_overflow(a.value_, b.value_, &sum.value_);
    return sum;
  }
  friend constexpr Count operator*(Count a, Count b) {
    if (a.is_zero() || b.is_zero()) return 0;
    Count product;
    product.valid_ =
        a.valid_ && b.valid_ && !__builtin_mul_overflow(a.value_, b.value_, &product.value_);
    return product;
  }
  // Rounds down; dividing by 0 gives 0.
  friend constexpr Count operator/(Count a, std::int64_t b) {
    Count quotient = a;
    quotient.value_ = b == 0 ? 0 : a.value_ / b;
    return quotient;
  }
  constexpr Count& operator+=(Count other) { return *this = *this + other; }
  constexpr Count& operator*=(Count other) { return *this = *this * other; }

 private:
  [[nodiscard]] constexpr bool is_zero() const { return valid_ && value_ == 0; }

  std::int64_t value_ = 0;
  bool valid_ = true;
};

}  // namespace hcb
