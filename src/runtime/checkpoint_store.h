// What an embedder's backward keeps: checkpoints between blocks, and the activations of the block
// whose backward is next.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "runtime/kernel.h"

namespace hcb {

// The frontier before a forward position, in whatever form the embedder gives it.
struct Checkpoint {
  Handle data;
  Bytes bytes = 0;
};

// Checkpoints by forward position. Replaceable: another store may keep them elsewhere.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  [[nodiscard]] virtual Result<void> put(std::size_t position, Checkpoint checkpoint) = 0;
  // Errors (internal): nothing is kept there.
  [[nodiscard]] virtual Result<Checkpoint> get(std::size_t position) = 0;
  [[nodiscard]] virtual Result<void> erase(std::size_t position) = 0;
};

class MemoryCheckpointStore final : public CheckpointStore {
 public:
  [[nodiscard]] Result<void> put(std::size_t position, Checkpoint checkpoint) override;
  [[nodiscard]] Result<Checkpoint> get(std::size_t position) override;
  [[nodiscard]] Result<void> erase(std::size_t position) override;
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  std::map<std::size_t, Checkpoint> kept_;
};

// Activations by forward position. add() keeps them only while recording, so that one run_forward
// serves both for reaching a checkpoint and for preparing a backward.
class ActivationRegistry {
 public:
  void add(std::size_t position, Handle data, Bytes bytes);
  [[nodiscard]] Handle get(std::size_t position) const;  // nullptr: not kept
  [[nodiscard]] bool recording() const { return recording_; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  void record(bool on) { recording_ = on; }
  void clear();

 private:
  std::map<std::size_t, Checkpoint> kept_;
  Bytes bytes_ = 0;
  bool recording_ = false;
};

}  // namespace hcb
