// Moves first executions, where the order of the step is free: what is made early and used late is
// made later, what lives long for one late reader is read earlier.
//
//     later:     n m … peak … r        n's buffer is read behind the peak only (m reads it before:
//                … peak n m … r        m goes along)
//     earlier:   b … p … peak … n      n is the last reader of b; what n needs from behind the peak,
//                b … p n … peak …      goes along
//
// Nothing runs again for it. A move keeps the graph's order: nodes between that have to stay in front
// or behind are moved too, a few at most. Invariant: the sequence stays valid. Source: memory-aware
// orders of expression graphs, as in Kahn's algorithm with choice (Ahn et al., 2020).
#pragma once

#include <vector>

#include "base/prng.h"
#include "schedule/search/state.h"

namespace hcb::search {

class Reorder {
 public:
  explicit Reorder(State& state);

  // Moves something so that the most memory between its old and its new place falls below the peak;
  // false where no such move is found. `peak`: state's peak_exec().
  bool lower(Exec peak, Prng& random);

  // Moves one first execution, with what has to go along, to another place.
  void shift_one(Prng& random);

  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  [[nodiscard]] bool make_later(BufferId b, Exec peak);
  [[nodiscard]] bool make_earlier(BufferId b, Exec peak);
  [[nodiscard]] bool move_later(NodeId n, Exec at, Exec peak);
  [[nodiscard]] bool collect_readers(BufferId b, std::size_t behind, Exec at);
  void begin_set();
  [[nodiscard]] bool try_before(Exec at);
  [[nodiscard]] bool add_successors(Exec at);
  [[nodiscard]] bool add_predecessors(Exec at);
  [[nodiscard]] bool add(NodeId n);
  void move_before(Exec at, bool later);
  void collect_live(std::uint32_t slot);
  [[nodiscard]] std::uint32_t first_slot(NodeId n) const {
    return state_.slot(state_.runs(n).front());
  }

  State& state_;
  const Problem& problem_;
  IdVector<NodeId, char> mutates_;  // ends the life of a resident: moved later only
  IdVector<NodeId, std::uint32_t> in_set_;
  std::uint32_t epoch_ = 0;
  std::vector<NodeId> set_;  // what a move moves
  std::vector<BufferId> live_;
  std::uint64_t work_ = 0;
};

}  // namespace hcb::search
