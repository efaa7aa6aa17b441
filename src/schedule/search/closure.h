// What has to run again directly before an execution so that a buffer is made anew there.
//
//     x ─> a ─> b ─> …          b is dropped after its last use and made again before w:
//                               a is live at w: {b's owner}; a is gone: {a's owner, b's owner}; …
//
// An input that is gone by w may instead be held on to w where the budget has room for it the whole
// way; then nothing runs for it. The nodes of a closure run once each, in the order of their ids
// (which is topological).
#pragma once

#include <cstdint>
#include <vector>

#include "schedule/search/state.h"

namespace hcb::search {

// What holding a byte across the peak is taken to be worth: time / bytes. time 0: never hold.
struct Price {
  Nanos time = 0;
  Bytes bytes = 1;
};

class Closure {
 public:
  Closure(const State& state, Bytes budget);

  // The closure of re-making `b` before `at`. Inputs that are gone since before `peak`, the slot of
  // the state's peak, are held across it instead where that is cheaper at `price`. False where a node of it may not run
  // again there, or its time exceeds `limit`. O(nodes visited + their inputs).
  [[nodiscard]] bool find(BufferId b, Exec at, Nanos limit, std::uint32_t peak, const Price& price);

  [[nodiscard]] const std::vector<NodeId>& nodes() const { return nodes_; }  // unordered
  [[nodiscard]] Nanos time() const { return time_; }
  [[nodiscard]] Bytes held() const { return held_; }  // across the peak, for this closure alone

  // Inserts the nodes of the last successful find() before its `at`, ascending.
  void insert(State& state);

  // Is `b` kept by a use at or behind the execution in `slot`?
  [[nodiscard]] bool live(BufferId b, std::uint32_t slot) const;

 private:
  [[nodiscard]] bool add(NodeId n, std::uint32_t slot, Nanos limit);
  [[nodiscard]] bool hold(BufferId b, std::uint32_t slot, std::uint32_t peak, const Price& price);

  const State& state_;
  const Problem& problem_;
  Bytes budget_;
  IdVector<NodeId, std::uint32_t> seen_;
  std::uint32_t epoch_ = 0;
  std::vector<NodeId> nodes_;
  IdVector<BufferId, std::uint32_t> held_in_;  // the search that holds a buffer across the peak
  Nanos time_ = 0;
  Bytes held_ = 0;
  Exec at_ = kEndOfStep;
};

}  // namespace hcb::search
