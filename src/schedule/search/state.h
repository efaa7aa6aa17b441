// The search state: a sequence of executions that can be changed one execution at a time, with its
// exact peak.
//
// Each execution holds a slot, a number in a sparse range; memory is known per slot and empty slots
// never hold more than the execution before them:
//
//     slot         1      4      6      9          a -> b -> c, and a again for d
//     executes     a      b      a      d
//     a, first     |------|                        events of a's buffer: made 1, used 4, made 6, used 9
//     a, again                   |------|          an incarnation runs from a production to the last
//                                                  use before the next one
//
// Invariant: what is live follows from the sequence alone (docs/memory-model.md), and peak() is
// what simulate() says about sequence(). Executions of a node after its first are replays. One
// insertion or deletion changes O(degree) incarnations, each O(log slots); slots are re-spread when
// two neighbours leave none between them.
//
// A sequence stays valid as long as replays come after the first execution of their node, first
// executions are left alone or moved within what the graph allows, and may_replay() holds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schedule/search/problem.h"
#include "schedule/search/slot_tree.h"

namespace hcb::search {

using Exec = std::uint32_t;            // an execution, stable until it is erased
inline constexpr Exec kEndOfStep = 0;  // stands behind the last execution; in no sequence

class State {
 public:
  // `problem` outlives the state. The state is that of the plain order until load().
  explicit State(const Problem& problem);

  // `sequence` is one that simulate() accepts. O((executions + uses) · log).
  void load(std::span<const NodeId> sequence);
  [[nodiscard]] std::vector<NodeId> sequence() const;

  // Inserts an execution of `n` directly before `at`.
  Exec insert_before(Exec at, NodeId n);
  void erase(Exec e);  // a replay, or the first execution where the next operations replace it

  // All changes since mark() are taken back by undo(); changes older than forget() cannot be.
  [[nodiscard]] std::size_t mark() const { return log_.size(); }
  void undo(std::size_t mark);
  void forget() { log_.clear(); }
  // The nodes of all changes since mark(), each once, ascending.
  [[nodiscard]] std::vector<NodeId> changed(std::size_t mark) const;

  [[nodiscard]] Bytes peak() const { return problem_->resident + memory_.max(); }
  [[nodiscard]] Exec peak_exec() const { return at_slot_[memory_.first_max()]; }  // the first one
  // The execution behind the last one that needs more than `budget`, which is less than the peak.
  [[nodiscard]] Exec behind_last_over(Bytes budget) const;
  [[nodiscard]] Nanos extra() const { return time_ - base_time_; }

  [[nodiscard]] NodeId node(Exec e) const { return exec_[e].node; }
  [[nodiscard]] std::uint32_t slot(Exec e) const { return exec_[e].slot; }
  [[nodiscard]] Exec next(Exec e) const { return exec_[e].next; }  // kEndOfStep behind the last
  [[nodiscard]] Exec prev(Exec e) const { return exec_[e].prev; }  // kEndOfStep before the first
  [[nodiscard]] Exec first() const { return exec_[kEndOfStep].next; }
  // The executions of a node in order; the first entry is its first execution.
  [[nodiscard]] std::span<const Exec> runs(NodeId n) const { return runs_[n]; }
  [[nodiscard]] bool is_replay(Exec e) const { return runs_[exec_[e].node].front() != e; }
  // Nodes that run more than once, in no particular (but deterministic) order.
  [[nodiscard]] std::span<const NodeId> replayed() const { return replayed_; }
  // Productions and uses of a buffer in order. A production is an execution of its owner.
  [[nodiscard]] std::span<const Exec> events(BufferId b) const { return events_[b]; }
  [[nodiscard]] bool makes(BufferId b, Exec e) const { return exec_[e].node == problem_->owner[b]; }
  // Index of the first event of b at or after `slot`.
  [[nodiscard]] std::size_t event_from(BufferId b, std::uint32_t slot) const;

  // Most bytes, residents included, at the executions strictly between two slots; 0: none.
  [[nodiscard]] Bytes peak_between(std::uint32_t after, std::uint32_t before) const;

  // May `n` run again at `slot`? No where it may never, or reads a resident mutated before.
  [[nodiscard]] bool may_replay(NodeId n, std::uint32_t slot) const;

  // Primitive operations so far: the unit in which work is counted.
  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] const Problem& problem() const { return *problem_; }
  [[nodiscard]] std::size_t slot_count() const { return at_slot_.size(); }

 private:
  struct Execution {
    NodeId node = kNone<NodeId>;
    std::uint32_t slot = 0;
    Exec next = kEndOfStep;
    Exec prev = kEndOfStep;
  };
  struct Change {
    bool inserted;
    Exec exec;
    Exec next;
    NodeId node;
    std::uint32_t slot;
    std::uint32_t spread;
  };

  void attach(Exec e, NodeId n, Exec next, std::uint32_t slot);
  void detach(Exec e);
  [[nodiscard]] std::uint32_t free_slot_before(Exec at);
  void spread();
  void enter_replayed(NodeId n);
  void leave_replayed(NodeId n);
  void collect_changes(std::span<Bytes> change) const;  // of memory, from each slot to the next
  [[nodiscard]] bool ends_there(BufferId b, std::size_t event) const;
  void add_use(BufferId b, Exec e);
  void remove_use(BufferId b, Exec e);
  void add_production(BufferId b, Exec e);
  void remove_production(BufferId b, Exec e);
  void take_over(BufferId donor, Exec e, bool apply);
  void change(std::uint32_t first, std::uint32_t last, Bytes bytes) {
    memory_.add(first, last, bytes);
  }
  [[nodiscard]] std::uint32_t end_slot() const {
    return static_cast<std::uint32_t>(at_slot_.size());
  }

  const Problem* problem_;
  std::vector<Execution> exec_;
  std::vector<Exec> unused_;
  std::vector<NodeId> replayed_;
  IdVector<NodeId, std::uint32_t> replayed_at_;  // index into replayed_ where a node is in it
  std::vector<Exec> at_slot_;
  IdVector<NodeId, std::vector<Exec>> runs_;
  IdVector<BufferId, std::vector<Exec>> events_;
  SlotTree memory_;
  std::vector<Change> log_;
  std::size_t executions_ = 0;
  std::uint32_t spreads_ = 0;
  std::uint64_t operations_ = 0;
  Nanos time_ = 0;
  Nanos base_time_ = 0;
};

}  // namespace hcb::search
