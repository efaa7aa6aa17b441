#include "runtime/checkpoint_store.h"

#include <fmt/format.h>

namespace hcb {
namespace {

std::unexpected<Error> nothing_at(std::size_t position) {
  return fail(ErrorKind::internal, fmt::format("no checkpoint at forward position {}", position));
}

}  // namespace

Result<void> MemoryCheckpointStore::put(std::size_t position, Checkpoint checkpoint) {
  kept_[position] = std::move(checkpoint);
  return {};
}

Result<Checkpoint> MemoryCheckpointStore::get(std::size_t position) {
  const auto found = kept_.find(position);
  if (found == kept_.end()) return nothing_at(position);
  return found->second;
}

Result<void> MemoryCheckpointStore::erase(std::size_t position) {
  if (kept_.erase(position) == 0) return nothing_at(position);
  return {};
}

void ActivationRegistry::add(std::size_t position, Handle data, Bytes bytes) {
  if (!recording_) return;
  Checkpoint& kept = kept_[position];
  bytes_ += bytes - kept.bytes;
  kept = {std::move(data), bytes};
}

Handle ActivationRegistry::get(std::size_t position) const {
  const auto found = kept_.find(position);
  return found == kept_.end() ? nullptr : found->second.data;
}

void ActivationRegistry::clear() {
  kept_.clear();
  bytes_ = 0;
}

}  // namespace hcb
