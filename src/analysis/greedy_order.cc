// List scheduling by memory. The change a ready node makes only ever falls (it becomes the last
// reader of an input; in reverse, an input of it becomes live), so a heap with an entry per change
// finds the least: an entry that is not the node's present change is skipped. Sums are 128 bits wide
// and cannot overflow. Invariant: change_[n] is exact for every ready node.
#include "analysis/greedy_order.h"

#include <algorithm>
#include <queue>
#include <tuple>

namespace hcb {
namespace {

using Change = __int128;

// The ready nodes by least change, then least rank.
class ReadyHeap {
 public:
  explicit ReadyHeap(std::size_t nodes) : change_(nodes, 0), state_(nodes, State::waiting) {}

  void add(NodeId n, Change change) {
    state_[n] = State::ready;
    set(n, change);
  }

  void lower_if_ready(NodeId n, Change by) {
    if (state_[n] == State::ready && by > 0) set(n, change_[n] - by);
  }

  // kNone: empty.
  NodeId take() {
    while (!heap_.empty()) {
      const auto [change, n] = heap_.top();
      heap_.pop();
      if (state_[n] != State::ready || change_[n] != change) continue;
      state_[n] = State::placed;
      return n;
    }
    return kNone<NodeId>;
  }

 private:
  enum class State : std::uint8_t { waiting, ready, placed };
  using Entry = std::pair<Change, NodeId>;

  void set(NodeId n, Change change) {
    change_[n] = change;
    heap_.emplace(change, n);
  }

  IdVector<NodeId, Change> change_;
  IdVector<NodeId, State> state_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

class Greedy {
 public:
  Greedy(const Precedence& precedence, const IdVector<BufferId, Bytes>& size)
      : precedence_(precedence),
        graph_(precedence.graph()),
        size_(size),
        missing_(graph_.node_count(), 0),
        unread_(graph_.buffer_count(), 0),
        reader_(graph_.buffer_count(), 0),
        heap_(graph_.node_count()) {
    for (const BufferId b : graph_.buffers()) {
      for (const NodeId reader : graph_.readers(b)) start_reading(b, reader);
    }
  }

  std::vector<NodeId> run() && {
    for (const NodeId n : graph_.nodes()) {
      missing_[n] = precedence_.predecessors(n).size();
      if (missing_[n] == 0) heap_.add(n, change(n));
    }
    std::vector<NodeId> order;
    order.reserve(graph_.node_count());
    for (NodeId n = heap_.take(); n != kNone<NodeId>; n = heap_.take()) {
      order.push_back(n);
      finish(n);
    }
    return order;
  }

 private:
  // `reader_` is the exclusive or of the readers still to come: the last one, when one is left.
  void start_reading(BufferId b, NodeId reader) {
    ++unread_[b];
    reader_[b] ^= index(reader);
  }

  [[nodiscard]] bool frees_last(BufferId b) const {
    return unread_[b] == 1 && !graph_.is_output(b);
  }

  [[nodiscard]] Change change(NodeId n) const {
    Change sum = 0;
    for (const BufferId b : graph_.makes(n)) {
      if (!graph_.readers(b).empty() || graph_.is_output(b)) sum += size_[b];
    }
    for (const BufferId b : graph_.reads(n)) {
      if (frees_last(b)) sum -= size_[b];
    }
    return sum;
  }

  void finish(NodeId n) {
    for (const BufferId b : graph_.reads(n)) {
      --unread_[b];
      reader_[b] ^= index(n);
      if (frees_last(b)) heap_.lower_if_ready(id_at<NodeId>(reader_[b]), size_[b]);
    }
    for (const NodeId after : precedence_.successors(n)) {
      if (--missing_[after] == 0) heap_.add(after, change(after));
    }
  }

  const Precedence& precedence_;
  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  IdVector<NodeId, std::size_t> missing_;
  IdVector<BufferId, std::size_t> unread_;
  IdVector<BufferId, std::size_t> reader_;
  ReadyHeap heap_;
};

class ReverseGreedy {
 public:
  ReverseGreedy(const Precedence& precedence, const IdVector<BufferId, Bytes>& size)
      : precedence_(precedence),
        graph_(precedence.graph()),
        size_(size),
        missing_(graph_.node_count(), 0),
        live_(graph_.buffer_count(), 0),
        heap_(graph_.node_count()) {}

  std::vector<NodeId> run() && {
    for (const BufferId b : graph_.buffers()) live_[b] = graph_.is_output(b) ? 1 : 0;
    for (const NodeId n : graph_.nodes()) {
      missing_[n] = precedence_.successors(n).size();
      if (missing_[n] == 0) add(n);
    }
    std::vector<NodeId> order;
    order.reserve(graph_.node_count());
    for (NodeId n = heap_.take(); n != kNone<NodeId>; n = heap_.take()) {
      order.push_back(mirrored(n));
      finish(order.back());
    }
    std::ranges::reverse(order);
    return order;
  }

 private:
  // The heap breaks ties by the smallest id, which is to be the greatest here.
  [[nodiscard]] NodeId mirrored(NodeId n) const {
    return id_at<NodeId>(graph_.node_count() - 1 - index(n));
  }

  void add(NodeId n) {
    Change sum = 0;
    for (const BufferId b : graph_.reads(n)) sum += live_[b] != 0 ? 0 : size_[b];
    for (const BufferId b : graph_.makes(n)) sum -= live_[b] != 0 ? size_[b] : 0;
    heap_.add(mirrored(n), sum);
  }

  void finish(NodeId n) {
    for (const BufferId b : graph_.reads(n)) {
      if (live_[b] != 0) continue;
      live_[b] = 1;
      for (const NodeId reader : graph_.readers(b))
        heap_.lower_if_ready(mirrored(reader), size_[b]);
    }
    for (const NodeId before : precedence_.predecessors(n)) {
      if (--missing_[before] == 0) add(before);
    }
  }

  const Precedence& precedence_;
  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  IdVector<NodeId, std::size_t> missing_;
  IdVector<BufferId, char> live_;
  ReadyHeap heap_;
};

}  // namespace

std::vector<NodeId> greedy_order(const Precedence& precedence,
                                 const IdVector<BufferId, Bytes>& size) {
  return Greedy(precedence, size).run();
}

std::vector<NodeId> reverse_greedy_order(const Precedence& precedence,
                                         const IdVector<BufferId, Bytes>& size) {
  return ReverseGreedy(precedence, size).run();
}

}  // namespace hcb
