// The random generator that random nodes draw from, as the executor sees it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hcb {

class RandomState {
 public:
  virtual ~RandomState() = default;
  // Everything that decides the numbers to come (CPU: the whole state; CUDA: seed and offset). Does
  // not allocate from the memory that is metered.
  [[nodiscard]] virtual std::vector<std::byte> save() = 0;
  virtual void restore(std::span<const std::byte> state) = 0;
};

}  // namespace hcb
