// Decides anew, by a minimum cut, what is held over one instant and what is made again behind it,
// within a segment of the schedule.
//
//     … v │ a  b'  c  d'  e │ w …      the replays b', d' between v and w go; for what first
//     … v │ a  c  f'  g'  e │ w …      executions there and anything behind w still use of what was
//                                      made up to v, each buffer is held over v or made again late
//
//     source ──inf──> b ──price · bytes──> owner(b) ──cost──> sink       b needed behind v
//                     ^                        │
//                     └──────────inf───────────┘ for the inputs of owner(b)
//
// The least price of a byte at which what is held fits beside v is found by bisection. What comes of
// it is within the budget at v, elsewhere not always: repair follows. Source: theorem 1 of
// docs/theory-bounds.md, as a neighbourhood.
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "schedule/bounds/moment_cut.h"
#include "schedule/search/state.h"

namespace hcb::search {

class CutMove {
 public:
  // `state` outlives this.
  CutMove(State& state, Bytes budget);

  // Between the executions `v` and `w`, which comes behind it or is kEndOfStep. False, and nothing
  // changed, where no price makes what is needed fit beside v.
  bool run(Exec v, Exec w);

  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  void collect_segment(Exec v, Exec w);
  void need(BufferId b);
  void enter(NodeId n);
  void build();
  [[nodiscard]] bool fits(std::int64_t price);
  [[nodiscard]] bool find_price();
  [[nodiscard]] bool made_by(NodeId n, Exec v) const;
  void place(Exec w);
  void make_missing(std::span<const BufferId> wanted, Exec at);

  State& state_;
  const Problem& problem_;
  Bytes budget_;
  Scale scale_;
  std::vector<Exec> segment_;  // first executions in it
  std::vector<Exec> replays_;  // in it
  std::vector<BufferId> needed_;
  std::vector<BufferId> behind_;                     // needed behind w
  std::vector<BufferId> buffers_;                    // of the network
  std::vector<NodeId> nodes_;                        // of the network
  IdVector<BufferId, std::uint32_t> buffer_number_;  // in the network; 0: not there
  IdVector<NodeId, std::uint32_t> node_number_;
  IdVector<BufferId, char> at_v_;     // counted at v itself
  IdVector<BufferId, char> present_;  // behind v, so far
  std::vector<NodeId> closure_;
  std::optional<FlowNetwork> network_;
  std::vector<std::size_t> keep_;  // arcs, by position in buffers_
  Bytes room_ = 0;
  std::uint32_t end_ = 0;  // slot of w
  std::int64_t most_price_ = 0;
  std::uint64_t work_ = 0;
};

}  // namespace hcb::search
