// What letting buffers go at an instant frees, and what making them again costs.
//
//     events of b    ──u──────── instant ─────────w──
//     let go         ──u                   closure w──    b is made again, with what that needs
//
// Buffers are let go together: where making one again needs another one that is gone as well, that
// one is made again too. Bytes, time and the peak are those of the whole schedule that results.
#pragma once

#include <optional>
#include <span>

#include "schedule/search/closure.h"
#include "schedule/search/state.h"

namespace hcb {

struct Relief {
  Bytes bytes = 0;  // less memory at the instant; > 0
  Nanos time = 0;   // more time
  Bytes peak = 0;   // of the schedule then
  friend bool operator==(const Relief&, const Relief&) = default;
};

class ReliefProbe {
 public:
  // `sequence`: valid; `position`: of the instant in it; `size`: rounded; `resident`: their sum.
  ReliefProbe(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes resident,
              std::span<const NodeId> sequence, std::size_t position);

  // Lets go of those of `buffers` that are alive at the instant, not touched there, and may be made
  // again. nullopt: nothing is freed, or more than kMostNodes executions would have to be looked at.
  [[nodiscard]] std::optional<Relief> of(std::span<const BufferId> buffers);
  static constexpr std::size_t kMostNodes = 200'000;

 private:
  [[nodiscard]] std::optional<search::Exec> next_use(BufferId b) const;
  [[nodiscard]] Bytes memory() const;

  search::Problem problem_;
  search::State state_;
  search::Closure closure_;
  search::Exec instant_ = search::kEndOfStep;
  Bytes before_ = 0;
  Nanos extra_before_ = 0;
};

}  // namespace hcb
