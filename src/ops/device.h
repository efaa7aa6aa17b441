// Device profiles: what a time estimate is made for. Numbers are the makers' peak figures, so a
// time is a lower estimate and always called an estimate.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "graph/types.h"

namespace hcb {

struct Device {
  std::string_view name;
  std::string_view description;
  // Peak FLOP/s, a multiply-add counting as two; dense (no structured sparsity).
  std::int64_t f64 = 0;
  std::int64_t f32 = 0;
  std::int64_t f16 = 0;
  std::int64_t bf16 = 0;
  std::int64_t f8 = 0;
  std::int64_t bandwidth = 0;  // bytes/s to device memory
  Nanos launch = 0;            // ns that every op takes at least

  // By element type: complex as their parts, integers as float32.
  [[nodiscard]] std::int64_t peak(DType dtype) const;
};

// In the order of the help text; the first is the default.
[[nodiscard]] std::span<const Device> devices();

// Error (usage): unknown name, with the nearest match and all names.
[[nodiscard]] Result<const Device*> find_device(std::string_view name);

}  // namespace hcb
