// One pass over the sequence. Before and at the position, remember of each buffer the latest
// production; behind it, the last read until it is produced again. Alive is what was produced and
// is read at or after the position, what the position makes, and an output that is not made again.
// O(executions + uses).
#include "analysis/profile.h"

#include <algorithm>

#include "graph/implied.h"

namespace hcb {
namespace {

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

// The incarnation of a buffer that may be alive at the position.
struct Life {
  std::size_t made = kNever;
  std::size_t last_use = kNever;  // at or after the position
  bool remade = false;            // after the position
};

class Photographer {
 public:
  Photographer(const Graph& graph, std::span<const NodeId> sequence,
               const IdVector<BufferId, Bytes>& size, std::size_t position)
      : graph_(graph),
        sequence_(sequence),
        size_(size),
        position_(position),
        life_(graph.buffer_count()) {}

  Snapshot take(Bytes resident) && {
    follow_lives();
    snapshot_.position = position_;
    snapshot_.composition.resident = resident;
    snapshot_.composition.workspace = graph_.cost(sequence_[position_]).workspace;
    for (BufferId b : graph_.buffers()) {
      if (alive(b)) add(b);
    }
    std::ranges::stable_sort(snapshot_.alive, std::ranges::greater{}, &AliveBuffer::bytes);
    return std::move(snapshot_);
  }

 private:
  void follow_lives() {
    for (std::size_t p = 0; p < sequence_.size(); ++p) {
      const NodeId n = sequence_[p];
      if (p >= position_) {
        for (BufferId b : graph_.reads(n)) {
          if (!life_[b].remade) life_[b].last_use = p;
        }
      }
      for (BufferId b : graph_.makes(n)) {
        if (p <= position_) {
          life_[b].made = p;
        } else {
          life_[b].remade = true;
        }
      }
    }
  }

  [[nodiscard]] bool held_to_the_end(BufferId b) const {
    return graph_.is_output(b) && !life_[b].remade;
  }

  [[nodiscard]] bool alive(BufferId b) const {
    const Life& life = life_[b];
    if (graph_.resident(b) || life.made == kNever) return false;
    return life.made == position_ || life.last_use != kNever || held_to_the_end(b);
  }

  // b is made at the position in the storage of an input whose life ends there.
  [[nodiscard]] bool takes_over(BufferId b) const {
    const BufferId donor = graph_.donor(b);
    if (donor == kNone<BufferId> || life_[b].made != position_) return false;
    return life_[donor].last_use == position_ && !held_to_the_end(donor);
  }

  [[nodiscard]] NodeId keeper(BufferId b) const {
    if (held_to_the_end(b)) return kNone<NodeId>;
    const Life& life = life_[b];
    return sequence_[life.last_use == kNever ? life.made : life.last_use];
  }

  void add(BufferId b) {
    const Bytes bytes = mutates_resident(graph_, b) || takes_over(b) ? 0 : size_[b];
    share_of(graph_.role(b)) += bytes;
    snapshot_.alive.push_back({.buffer = b, .bytes = bytes, .kept_by = keeper(b)});
  }

  Bytes& share_of(Role role) {
    if (role == Role::gradient) return snapshot_.composition.gradients;
    if (role == Role::stash) return snapshot_.composition.stash;
    return snapshot_.composition.activations;
  }

  const Graph& graph_;
  std::span<const NodeId> sequence_;
  const IdVector<BufferId, Bytes>& size_;
  std::size_t position_;
  IdVector<BufferId, Life> life_;
  Snapshot snapshot_;
};

}  // namespace

Snapshot snapshot(const Graph& graph, std::span<const NodeId> sequence,
                  const IdVector<BufferId, Bytes>& size, Bytes resident, std::size_t position) {
  return Photographer(graph, sequence, size, position).take(resident);
}

bool is_training_graph(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [&](NodeId n) { return graph.phase(n) == Phase::backward; });
}

}  // namespace hcb
