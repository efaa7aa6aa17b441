// Kernels that compute hashes: contents of a storage are one 64-bit number, a node's outputs are
// numbers made of its name, the numbers it reads and, if it is random, the generator's next one. So
// two runs that agree on a number agree on everything that led to it.
//
// Storages count their bytes in a ByteCounter as the graph says, rounded; a node also takes its
// workspace beside its outputs. An output that takes over a storage overwrites the number in it, so
// a later read of the donor would be seen. A view's number is made of what is in the storage when
// it is read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/run.h"

namespace hcb::test {

// One number that steps on with every draw.
class FakeGenerator final : public RandomState {
 public:
  explicit FakeGenerator(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::vector<std::byte> save() override;
  void restore(std::span<const std::byte> state) override;
  std::uint64_t draw();
  [[nodiscard]] std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_;
};

class FakeKernels final : public KernelSet {
 public:
  FakeKernels(const IdVector<BufferId, Bytes>& size, std::uint64_t seed)
      : size_(size), generator(seed) {}

  [[nodiscard]] Result<std::unique_ptr<Kernel>> make(const Graph& graph, NodeId node) override;
  [[nodiscard]] Result<void> copy(const Handle& from, const Handle& to) override;

  // A handle for every resident that no node makes, with contents from its name.
  [[nodiscard]] IdVector<ValueId, Handle> residents(const Graph& graph);
  [[nodiscard]] Machine machine() {
    return {.kernels = this, .meter = &counter, .random = &generator, .clock = {}};
  }

  [[nodiscard]] static std::uint64_t contents(const Handle& handle);

 private:
  IdVector<BufferId, Bytes> size_;

 public:
  ByteCounter counter;
  FakeGenerator generator;
  std::vector<std::string> missing_ops;
  std::map<std::string, std::uint64_t> state;  // what effects wrote: by node, a number
  std::map<std::string, int> effects;          // how often, by node
  std::map<std::string, int> views;            // how often a view was made again, by node
};

}  // namespace hcb::test
