// The search for a cheap schedule under a byte budget: large-neighbourhood search over replays.
//
// From the best start that fits (or that repair brings under the budget), again and again: take out
// some replays (or cut a segment anew, or take over from another schedule), repair, prune, plan what
// changed exactly, and keep the result if it is not much worse. How much worse is
// allowed falls within a round; rounds grow longer and start from the best so far. The trajectory
// is a function of the graph, the budget and the work done: a larger work limit only continues it.
// Source: Shaw, Large neighbourhood search, 1998; threshold accepting: Dueck and Scheuer, 1990.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/context.h"
#include "schedule/search/cut_move.h"
#include "schedule/search/exact_window.h"
#include "schedule/search/prune.h"
#include "schedule/search/reorder.h"
#include "schedule/search/repair.h"
#include "schedule/search/state.h"

namespace hcb::search {

struct Found {
  std::vector<NodeId> sequence;
  Nanos extra = 0;
  Bytes peak = 0;
};

class Search {
 public:
  // `problem` outlives the search.
  Search(const Problem& problem, Bytes budget);

  // Repairs and prunes `sequence` (valid for the simulator); true if it then is the best so far. A
  // repair that costs many times what the whole step takes, or what is known, or more work than
  // `work`, is given up, and one that the context cancels.
  bool add_start(std::span<const NodeId> sequence, std::uint64_t work, const Context& context);

  // The same up to 64 times the whole step: on tight budgets a chain runs again and again.
  bool add_start_patiently(std::span<const NodeId> sequence, std::uint64_t work,
                           const Context& context);

  // The same from an order of first executions that needs less memory than the plain one: `work`
  // units of search for it, until it is within the budget.
  bool add_reordered(std::uint64_t work, const Context& context);

  // Continues until work() reaches `work_limit`, the extra time reaches `target` (a proved bound,
  // so nothing cheaper exists) or the context is cancelled.
  void run(std::uint64_t work_limit, Nanos target, const Context& context);

  [[nodiscard]] const std::optional<Found>& best() const { return best_; }
  [[nodiscard]] std::uint64_t work() const;
  [[nodiscard]] std::uint64_t iterations() const { return iterations_; }

 private:
  [[nodiscard]] Price draw_price();
  [[nodiscard]] Nanos draw_allowance();
  [[nodiscard]] std::uint32_t most_cuts() const;
  [[nodiscard]] Found found() const;
  bool start(std::span<const NodeId> sequence, const RepairOptions& options,
             const Context& context);
  void step(Nanos allowance, const Context& context);
  void settle();
  void remove_some();
  void disturb(const RepairOptions& options);
  void remove_neighbours(Exec centre, std::uint32_t count);
  void cross();
  void cut_segment();
  void polish(Nanos before);
  void insert_waiting(Exec at);
  void collect_replays();
  void record();
  void keep_as_member(Found found);
  void begin_round(const Context& context);
  void end_round();
  void begin_cycle(const Context& context);

  const Problem& problem_;
  Bytes budget_;
  State state_;
  Repair repair_;
  Prune prune_;
  Reorder reorder_;
  ExactWindow window_;
  CutMove cut_move_;
  Prng random_;
  std::vector<Found> members_;  // schedules that rounds start from, each round improves one
  std::size_t member_ = 0;      // the one of this round
  bool crosses_ = true;  // takes over from other members in this round; late, half of them do not
  std::optional<Found> round_best_;
  Bytes base_peak_;
  std::optional<Found> best_;
  std::vector<Exec> replays_;
  IdVector<NodeId, char> seen_;
  std::vector<NodeId> waiting_;
  std::uint64_t crossed_ = 0;  // work
  std::uint64_t iterations_ = 0;
  std::uint64_t cycle_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t length_ = 0;    // iterations of this round
  std::uint64_t in_round_ = 0;  // iterations left of it
};

}  // namespace hcb::search
