// What letting buffers go at an instant frees, and what making them again costs.
//
//     events of b    ──u──────── instant ─────────w──
//     let go         ──u                   closure w──    b is made again, with what that needs
//
// Buffers are let go together; each is made again directly before its own next use, from what is in
// memory there anyway. Nothing is held for it. Bytes, time and the peak are the simulator's, of the
// whole schedule that results.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "check/simulate.h"
#include "schedule/closure.h"

namespace hcb {

struct Relief {
  Bytes bytes = 0;  // less memory at the instant; > 0
  Nanos time = 0;   // more time
  Bytes peak = 0;   // of the schedule then
  friend bool operator==(const Relief&, const Relief&) = default;
};

class ReliefProbe {
 public:
  // `sequence`: valid, and `before` what simulate() says about it; `position`: of the instant.
  // All but `position` outlive the probe. O(executions + uses).
  ReliefProbe(const Graph& graph, const IdVector<BufferId, Bytes>& size,
              std::span<const NodeId> sequence, const Simulation& before, std::size_t position);

  // Lets go of those of `buffers` that are alive at the instant, not touched there, and can be made
  // again. nullopt: nothing is freed, or more than kMostNodes executions would have to be added.
  // O(executions + uses + executions added · log).
  [[nodiscard]] std::optional<Relief> of(std::span<const BufferId> buffers);
  static constexpr std::size_t kMostNodes = 50'000;

 private:
  [[nodiscard]] std::size_t event_from(BufferId b, std::size_t position) const;
  [[nodiscard]] bool alive(BufferId b, std::size_t position) const;
  [[nodiscard]] std::optional<std::size_t> next_use(BufferId b) const;
  [[nodiscard]] bool may_run(NodeId n, std::size_t position) const;
  [[nodiscard]] bool there(BufferId b, std::size_t position) const;
  // Valid until the next call of either.
  [[nodiscard]] const std::vector<NodeId>& made_before(std::size_t position);
  [[nodiscard]] const std::vector<NodeId>& made_at_the_end(std::span<const BufferId> outputs);
  [[nodiscard]] std::optional<std::vector<NodeId>> changed(std::span<const BufferId> gone);

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  std::span<const NodeId> sequence_;
  const Simulation& before_;
  std::size_t instant_;
  Closure closure_;
  std::vector<std::size_t> first_event_;        // by buffer, and one behind the last
  std::vector<std::size_t> events_;             // positions of its productions and uses
  IdVector<BufferId, std::size_t> mutated_;     // of a resident: where; end: nowhere
  IdVector<BufferId, std::size_t> gone_until_;  // in of(): where it is made again; 0: it stays
};

}  // namespace hcb
