// Plans anew, exactly, what runs again of a window of nodes, with everything else as it is.
//
//     schedule    a b c d … d'b c' …  e        the window is {b, c}: b c' go, wherever they stand, and
//     fixed       a b c d … d' …      e        come back at the gaps where that takes the least time
//
// Executions that touch no buffer of the window only leave room for them, more or less; the others
// are steps with gaps between them. In a gap any node of the window may run again, directly before
// the step. The cheapest way through is found by A* (schedule/search/window_search.h).
// Source: neighbourhoods searched exactly, as in Shaw, Large neighbourhood search, 1998.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schedule/search/state.h"
#include "schedule/search/window_search.h"

namespace hcb::search {

class ExactWindow {
 public:
  // `state` outlives this.
  ExactWindow(State& state, Bytes budget);

  // Plans the nodes first … last of those that may run again; fewer where their buffers would be more
  // than a mask holds. True: they take less time now. Gives up after `states` states of the search.
  // The peak is within the budget before and after. O(executions + uses) and the search.
  bool improve(std::span<const NodeId> nodes, std::size_t states);

  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  void collect(std::span<const NodeId> nodes);
  [[nodiscard]] bool add(NodeId n);
  void clear();
  void collect_fixed();
  void collect_outside();
  void add_outside(BufferId b);
  void build();
  [[nodiscard]] WindowStep step_of(NodeId n) const;
  [[nodiscard]] WindowNode node_of(NodeId n) const;
  [[nodiscard]] std::size_t gap_behind(std::uint32_t position) const;
  [[nodiscard]] Mask local(std::span<const BufferId> buffers) const;
  [[nodiscard]] Mask donors(NodeId n) const;
  [[nodiscard]] bool apply(const std::vector<WindowReplay>& replays);

  State& state_;
  const Problem& problem_;
  Bytes budget_;
  std::vector<NodeId> nodes_;  // of the window, ascending
  std::vector<BufferId> buffers_;
  IdVector<NodeId, char> in_window_;
  IdVector<BufferId, std::uint32_t> rank_;  // in buffers_, from 1 on; 0: not there
  Nanos again_ = 0;                         // time of what runs again of the window
  Bytes bytes_ = 0;                         // of its buffers
  std::vector<Exec> fixed_;                 // all executions but those
  std::vector<std::uint32_t> position_;     // by execution: in fixed_
  std::vector<Bytes> during_;               // by position: bytes outside the window while it runs
  std::vector<Bytes> across_;               // by position: outside, between it and the one before
  std::vector<std::uint32_t> begin_;        // by step: the position of its first execution
  Window window_;
  std::uint64_t work_ = 0;
};

}  // namespace hcb::search
