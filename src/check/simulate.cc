// One pass over the executions. A buffer's current incarnation is (position made, last use so far);
// when it is made again, or at the end, its lifetime [made, last use] goes into a difference array,
// whose prefix sum is the memory. An output that takes over its donor's storage is taken off the
// one position where both were counted: that position is the donor's last use, so it is known when
// the donor's lifetime is closed. Source: the interval view of register allocation (Poletto and
// Sarkar, 1999). O(executions + uses).
#include "check/simulate.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

constexpr std::size_t kNever = static_cast<std::size_t>(-1);
constexpr std::size_t kMutated = kNever - 1;  // a resident that was overwritten

// A resident is made at 0.
struct Incarnation {
  std::size_t made = kNever;
  std::size_t last_use = kNever;
};

class Simulator {
 public:
  Simulator(const Graph& graph, std::span<const NodeId> sequence,
            const IdVector<BufferId, Bytes>& size)
      : graph_(graph),
        sequence_(sequence),
        size_(size),
        delta_(sequence.size() + 1, 0),
        life_(graph.buffer_count()),
        donates_(graph.buffer_count(), 0) {
    result_.count.assign(graph.node_count(), 0);
    for (const BufferId b : graph.buffers()) {
      if (graph.resident(b)) life_[b].made = 0;
      if (graph.donor(b) != kNone<BufferId>) donates_[graph.donor(b)] = 1;
    }
  }

  Result<Simulation> run() && {
    HCB_TRY(result_.resident, resident_bytes(graph_, size_));
    for (std::size_t p = 0; p < sequence_.size(); ++p) HCB_CHECK(execute(p));
    for (const NodeId n : graph_.nodes()) {
      if (result_.count[n] == 0)
        return error(fmt::format("node '{}' never runs", printable(graph_.name(n))));
    }
    for (const BufferId b : graph_.buffers()) {
      if (!graph_.resident(b)) close(b, graph_.is_output(b));
    }
    HCB_CHECK(integrate());
    return std::move(result_);
  }

 private:
  [[nodiscard]] static std::unexpected<Error> error(std::string message) {
    return fail(ErrorKind::check_failed, std::move(message));
  }

  [[nodiscard]] std::unexpected<Error> at(std::size_t p, std::string_view what) const {
    return error(fmt::format("position {} ({}) {}", p, printable(graph_.name(sequence_[p])), what));
  }

  Result<void> execute(std::size_t p) {
    const NodeId n = sequence_[p];
    const bool first = result_.count[n] == 0;
    if (!first && graph_.flags(n).never_replay) return at(p, "runs again, but may run once only");
    if (first) HCB_CHECK(predecessors_ran(p));
    HCB_CHECK(read_inputs(p));
    for (const BufferId b : graph_.makes(n)) make(b, p);
    HCB_CHECK(add_time(graph_.cost(n).time, first));
    delta_[p] += graph_.cost(n).workspace;
    delta_[p + 1] -= graph_.cost(n).workspace;
    ++result_.count[n];
    return {};
  }

  Result<void> predecessors_ran(std::size_t p) const {
    for (const NodeId before : graph_.predecessors(sequence_[p])) {
      if (result_.count[before] == 0) {
        return at(p, fmt::format("runs before '{}', which must come first",
                                 printable(graph_.name(before))));
      }
    }
    return {};
  }

  Result<void> read_inputs(std::size_t p) {
    for (const ValueId v : graph_.inputs(sequence_[p])) {
      if (v == kNone<ValueId>) continue;
      Incarnation& life = life_[graph_.buffer(v)];
      if (life.made == kMutated)
        return at(p, fmt::format("reads '{}' after its mutation", printable(graph_.name(v))));
      if (life.made == kNever)
        return at(p, fmt::format("reads '{}', which nothing made", printable(graph_.name(v))));
      life.last_use = p;
    }
    return {};
  }

  [[nodiscard]] bool in_resident_storage(BufferId b) const {
    const BufferId donor = graph_.donor(b);
    return donor != kNone<BufferId> && graph_.resident(donor);
  }

  void make(BufferId b, std::size_t p) {
    close(b, false);
    life_[b] = {.made = p};
    if (in_resident_storage(b)) life_[graph_.donor(b)].made = kMutated;
  }

  // Adds the current incarnation of b, which lives to the end if `to_end`, else to its last use.
  void close(BufferId b, bool to_end) {
    const Incarnation life = life_[b];
    if (life.made == kNever || in_resident_storage(b)) return;
    const std::size_t last = to_end                    ? sequence_.size() - 1
                             : life.last_use == kNever ? life.made
                                                       : life.last_use;
    delta_[life.made] += size_[b];
    delta_[last + 1] -= size_[b];
    if (!to_end && life.last_use != kNever && donates_[b]) take_over(b, life.last_use);
  }

  void take_over(BufferId donor, std::size_t p) {
    for (const BufferId out : graph_.makes(sequence_[p])) {
      if (graph_.donor(out) != donor || size_[out] != size_[donor]) continue;
      delta_[p] -= size_[out];
      delta_[p + 1] += size_[out];
    }
  }

  Result<void> add_time(Nanos time, bool first) {
    const auto total = checked_add(result_.time, time);
    if (!total) return error("the time of all executions exceeds 2^63 ns");
    result_.time = *total;
    result_.extra_time += first ? 0 : time;
    return {};
  }

  Result<void> integrate() {
    Bytes live = result_.resident;
    result_.memory.resize(sequence_.size());
    for (std::size_t p = 0; p < sequence_.size(); ++p) {
      if (__builtin_add_overflow(live, delta_[p], &live)) return at(p, "memory exceeds 2^63 bytes");
      result_.memory[p] = live;
      if (live > result_.peak) result_.peak = live, result_.peak_position = p;
    }
    if (result_.memory.empty()) result_.peak = result_.resident;
    return {};
  }

  const Graph& graph_;
  std::span<const NodeId> sequence_;
  const IdVector<BufferId, Bytes>& size_;
  std::vector<__int128> delta_;  // sums of many sizes: their difference may leave 63 bits
  IdVector<BufferId, Incarnation> life_;
  IdVector<BufferId, char> donates_;  // may anything take over its storage?
  Simulation result_;
};

}  // namespace

Result<Simulation> simulate(const Graph& graph, std::span<const NodeId> sequence,
                            const IdVector<BufferId, Bytes>& size) {
  return Simulator(graph, sequence, size).run();
}

std::vector<NodeId> plain_sequence(const Graph& graph) {
  const auto all = graph.nodes();
  return {all.begin(), all.end()};
}

}  // namespace hcb
