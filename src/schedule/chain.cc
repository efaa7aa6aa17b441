// Two dimensional prefix sums, one per cut c: a buffer made in block o and next used at u >= c counts
// for every l <= o and r > u. The peaks of single blocks come from a liveness pass over their nodes,
// each buffer once: made there, or (gradients) taken in from the leaf behind and read for the last
// time. What lives through a leaf or a pass is counted apart.
#include "schedule/chain.h"

#include <algorithm>

#include "graph/implied.h"

namespace hcb {
namespace {

// The peak of a run of nodes, beside what is there throughout. Positions count from 0.
class LocalPeak {
 public:
  LocalPeak(const Graph& graph, const IdVector<BufferId, Bytes>& size,
            IdVector<BufferId, std::int32_t>& made)
      : graph_(graph), size_(size), made_(made) {}

  // A buffer that is there from the start.
  void take_in(BufferId b) { begin(b, 0); }

  // `counts(b)`: is b, made by n, counted here at all?
  template <class Counts>
  void run(NodeId n, Counts counts) {
    for (const BufferId b : graph_.reads(n)) {
      if (made_[b] >= 0) last_use_[slot_of(b)] = position();
    }
    extra_.push_back(graph_.cost(n).workspace);
    ++length_;
    for (const BufferId b : graph_.makes(n)) {
      if (made_[b] < 0 && counts(b)) begin(b, length_ - 1);
    }
  }

  // `stays(b)`: to the end of the run, else to its last read.
  template <class Stays>
  Bytes peak(Stays stays) {
    std::vector<Bytes> change(length_ + 1, 0);
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
      const std::size_t last =
          stays(buffers_[i]) ? length_ : std::min(std::max(last_use_[i], from_[i]) + 1, length_);
      change[std::min(from_[i], length_)] += size_[buffers_[i]];
      change[last] -= size_[buffers_[i]];
    }
    Bytes live = 0;
    Bytes most = 0;
    for (std::size_t p = 0; p < length_; ++p) {
      live += change[p];
      most = std::max(most, live + extra_[p]);
    }
    return most;
  }

  // Forgets what was counted, so that the next run can use `made` again.
  void clear() {
    for (const BufferId b : buffers_) made_[b] = -1;
  }

 private:
  [[nodiscard]] std::size_t position() const { return length_; }
  [[nodiscard]] std::size_t slot_of(BufferId b) const { return static_cast<std::size_t>(made_[b]); }
  void begin(BufferId b, std::size_t position) {
    made_[b] = static_cast<std::int32_t>(buffers_.size());
    buffers_.push_back(b);
    from_.push_back(position);
    last_use_.push_back(position);
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  IdVector<BufferId, std::int32_t>& made_;  // index into buffers_, -1: not here
  std::vector<BufferId> buffers_;
  std::vector<std::size_t> from_;
  std::vector<std::size_t> last_use_;
  std::vector<Bytes> extra_;
  std::size_t length_ = 0;
};

}  // namespace

class ChainBuilder {
 public:
  ChainBuilder(const Graph& graph, const IdVector<BufferId, Bytes>& size, const ForwardOrder& order,
               const Blocks& blocks, const Uses& uses, Chain& chain)
      : graph_(graph),
        size_(size),
        order_(order),
        blocks_(blocks),
        uses_(uses),
        chain_(chain),
        made_(graph.buffer_count(), -1) {}

  void build() {
    count_held();
    for (BlockIndex j = 0; j < blocks_.count(); ++j) count_block(j);
    count_passes();
    count_across();
  }

 private:
  static std::size_t at(BlockIndex j) { return static_cast<std::size_t>(j); }

  // Held from its first production on, whatever the plan.
  [[nodiscard]] bool is_permanent(BufferId b) const {
    const NodeId owner = graph_.owner(b);
    return order_.is_forward[owner] && (order_.once[owner] || graph_.is_output(b));
  }
  [[nodiscard]] bool is_resident(BufferId b) const {
    return graph_.resident(b) || mutates_resident(graph_, b);
  }
  // A forward buffer that can be made again.
  [[nodiscard]] bool is_chained(BufferId b) const {
    return uses_.block(b) != kTail && !is_permanent(b) && !is_resident(b);
  }

  Bytes& held(BlockIndex c, BlockIndex l, BlockIndex r) {
    return chain_.held_[(at(c) * chain_.width_ + at(l)) * chain_.width_ + at(r)];
  }

  void count_held() {
    const BlockIndex m = blocks_.count();
    for (const BufferId b : graph_.buffers()) {
      if (!is_chained(b)) continue;
      const BlockIndex own = uses_.block(b);
      for (const BlockIndex use : uses_.of(b)) {
        if (use >= own) {
          chain_.tape_[at(own) * chain_.width_ + at(use) + 1] += size_[b];
          break;
        }
      }
      for (BlockIndex c = own + 1; c <= uses_.last(b); ++c) {
        const auto next = std::ranges::lower_bound(uses_.of(b), c);
        if (next != uses_.of(b).end()) held(c, own, *next + 1) += size_[b];
      }
    }
    for (BlockIndex j = 0; j < m; ++j) {
      for (BlockIndex r = 1; r <= m; ++r)
        chain_.tape_[at(j) * chain_.width_ + at(r)] +=
            chain_.tape_[at(j) * chain_.width_ + at(r) - 1];
    }
    for (BlockIndex c = 1; c < m; ++c) {
      for (BlockIndex l = c - 1; l >= 0; --l) {
        for (BlockIndex r = c + 1; r <= m; ++r) {
          held(c, l, r) += held(c, l, r - 1) + held(c, l + 1, r) - held(c, l + 1, r - 1);
        }
      }
    }
  }

  void count_block(BlockIndex j) {
    const auto chained = [&](BufferId b) { return is_chained(b); };
    const auto in_frontier = [&](BufferId b) { return uses_.last(b) > j; };
    LocalPeak run(graph_, size_, made_);
    for (const NodeId n : blocks_.nodes(order_, j, j + 1)) run.run(n, chained);
    chain_.run_[at(j)] = run.peak(in_frontier);
    chain_.run_stored_[at(j)] =
        run.peak([&](BufferId b) { return !uses_.of(b).empty() && uses_.of(b).back() >= j; });
    run.clear();
    count_backward(j);
    count_leaf(j);
  }

  // Gradients that G(j) reads for the last time, from groups behind it.
  template <class Take>
  void for_last_gradients(BlockIndex j, Take take) {
    for (const NodeId n : blocks_.group(j)) {
      for (const BufferId b : graph_.reads(n)) {
        if (made_[b] < 0 && is_gradient(b) && blocks_.block_of[graph_.owner(b)] > j &&
            last_leaf(b) == j)
          take(b);
      }
    }
  }

  [[nodiscard]] bool is_gradient(BufferId b) const {
    return !is_resident(b) && !order_.is_forward[graph_.owner(b)];
  }
  // The last leaf that reads it (leaves run from the last block to the first); kTail: it lives on.
  [[nodiscard]] BlockIndex last_leaf(BufferId b) const {
    if (graph_.is_output(b)) return kTail;
    BlockIndex last = blocks_.block_of[graph_.owner(b)];
    for (const NodeId reader : graph_.readers(b)) last = std::min(last, blocks_.block_of[reader]);
    return last;
  }

  [[nodiscard]] auto leaves_behind(BlockIndex j) const {
    return [this, j](BufferId b) { return is_gradient(b) && last_leaf(b) < j; };
  }

  void count_backward(BlockIndex j) {
    LocalPeak run(graph_, size_, made_);
    for (const NodeId n : blocks_.nodes(order_, j, j + 1)) {
      for (const BufferId b : graph_.makes(n)) {
        if (is_chained(b) && uses_.any(b, j, j + 1)) run.take_in(b);
      }
    }
    for_last_gradients(j, [&](BufferId b) { run.take_in(b); });
    const auto own = [&](BufferId b) { return is_gradient(b); };
    for (const NodeId n : blocks_.group(j)) run.run(n, own);
    chain_.backward_[at(j)] = run.peak(leaves_behind(j));
    run.clear();
  }

  void count_leaf(BlockIndex j) {
    LocalPeak run(graph_, size_, made_);
    for_last_gradients(j, [&](BufferId b) { run.take_in(b); });
    for (const NodeId n : blocks_.nodes(order_, j, j + 1))
      run.run(n, [&](BufferId b) { return is_chained(b); });
    for (const NodeId n : blocks_.group(j)) run.run(n, [&](BufferId b) { return is_gradient(b); });
    chain_.leaf_[at(j)] = run.peak(leaves_behind(j));
    run.clear();
  }

  void count_passes() {
    const BlockIndex m = blocks_.count();
    const auto pass = [&](BlockIndex c, BlockIndex l, BlockIndex r) -> Bytes& {
      return chain_.pass_[(at(c) * chain_.width_ + at(l)) * chain_.width_ + at(r)];
    };
    for (BlockIndex c = 1; c < m; ++c) {
      for (BlockIndex l = 0; l < c; ++l) {
        for (BlockIndex r = c + 1; r <= m; ++r) {
          const BlockIndex i = c - 1;
          const Bytes last = (l < i ? held(i, l, r) : 0) + chain_.run_[at(i)];
          pass(c, l, r) = l < i ? std::max(pass(i, l, r), last) : last;
        }
      }
    }
  }

  // across_[r]: residents, permanent buffers still read before r, and gradients made at or behind r
  // that leaves before r read. over_[j]: the same, but for gradients that leaf j reads last.
  void count_across() {
    const BlockIndex m = blocks_.count();
    std::vector<Bytes> across(at(m) + 2, 0);
    std::vector<Bytes> over(at(m) + 1, 0);
    Bytes always = 0;
    const auto between = [](std::vector<Bytes>& change, BlockIndex first, BlockIndex end,
                            Bytes bytes) {
      if (first >= end) return;
      change[at(first)] += bytes;
      change[at(end)] -= bytes;
    };
    for (const BufferId b : graph_.buffers()) {
      if (graph_.resident(b)) {
        always += size_[b];
      } else if (is_resident(b)) {
        continue;
      } else if (is_permanent(b)) {
        const BlockIndex least = graph_.is_output(b) || uses_.of(b).empty()
                                     ? 0
                                     : std::max(uses_.of(b).front(), BlockIndex{0});
        between(across, least + 1, m + 1, size_[b]);
        between(over, least, m, size_[b]);
      } else if (is_gradient(b)) {
        const BlockIndex made = blocks_.block_of[graph_.owner(b)];
        const BlockIndex last = last_leaf(b);
        if (made == kTail) continue;
        between(across, last + 1, made + 1, size_[b]);
        between(over, last + 1, made, size_[b]);
      }
    }
    Bytes a = always;
    for (BlockIndex r = 0; r <= m; ++r) chain_.across_[at(r)] = a += across[at(r)];
    Bytes o = always;
    for (BlockIndex j = 0; j < m; ++j) chain_.over_[at(j)] = o += over[at(j)];
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  const ForwardOrder& order_;
  const Blocks& blocks_;
  const Uses& uses_;
  Chain& chain_;
  IdVector<BufferId, std::int32_t> made_;
};

Chain::Chain(const Graph& graph, const IdVector<BufferId, Bytes>& size, const ForwardOrder& order,
             const Blocks& blocks, const Uses& uses)
    : count_(blocks.count()),
      width_(static_cast<std::size_t>(blocks.count()) + 1),
      time_before_(blocks.time_before),
      held_(width_ * width_ * width_, 0),
      pass_(width_ * width_ * width_, 0),
      tape_(width_ * width_, 0),
      run_(width_, 0),
      run_stored_(width_, 0),
      leaf_(width_, 0),
      backward_(width_, 0),
      across_(width_, 0),
      over_(width_, 0) {
  ChainBuilder(graph, size, order, blocks, uses, *this).build();
}

}  // namespace hcb
