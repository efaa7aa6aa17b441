// Every block begins with a header that says how many bytes were counted for it, so that giving it
// back needs no table:
//
//     | counted | … 64 bytes | data, aligned to 64 as LibTorch's own |
#include "torch/counting_allocator.h"

#include <cstring>
#include <new>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

namespace hcb {
namespace {

constexpr std::size_t kHeader = 64;

thread_local int unmetered = 0;

ByteCounter& counter() {
  static ByteCounter* const counter = new ByteCounter;  // outlives the last tensor
  return *counter;
}

void give_back(void* data) {
  if (data == nullptr) return;
  char* const block = static_cast<char*>(data) - kHeader;
  Bytes counted = 0;
  std::memcpy(&counted, block, sizeof(counted));
  c10::free_cpu(block);
  counter().give_back(counted);
}

class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t size) override {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (size == 0) return {nullptr, nullptr, &give_back, cpu};
    const Bytes counted = unmetered > 0 ? 0 : static_cast<Bytes>(size);
    if (counted > 0 && !counter().take(counted)) throw std::bad_alloc();
    char* const data = block(size, counted) + kHeader;
    return {data, data, &give_back, cpu};
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }

 private:
  static char* block(std::size_t size, Bytes counted) {
    try {
      char* const block = static_cast<char*>(c10::alloc_cpu(size + kHeader));
      std::memcpy(block, &counted, sizeof(counted));
      return block;
    } catch (...) {
      counter().give_back(counted);
      throw;
    }
  }
};

}  // namespace

ByteCounter& install_counting_allocator() {
  static CountingAllocator* const allocator = [] {
    auto* made = new CountingAllocator;
    c10::SetCPUAllocator(made, 100);  // above LibTorch's own, whichever it chose
    return made;
  }();
  static_cast<void>(allocator);
  return counter();
}

Unmetered::Unmetered() { ++unmetered; }
Unmetered::~Unmetered() { --unmetered; }

}  // namespace hcb
