// LibTorch's CPU allocator, replaced by one that counts. Granularity is one byte: what a tensor asks
// for is what is counted. Ops free memory from other threads too; the counter locks.
#pragma once

#include "runtime/memory.h"

namespace hcb {

// Takes the place of LibTorch's CPU allocator for the rest of the process; call it before any tensor
// exists. An allocation beyond the counter's limit throws std::bad_alloc. Twice is once.
ByteCounter& install_counting_allocator();

// What this thread allocates during its life is not counted, and not limited.
class Unmetered {
 public:
  Unmetered();
  ~Unmetered();
  Unmetered(const Unmetered&) = delete;
  Unmetered& operator=(const Unmetered&) = delete;
};

}  // namespace hcb
