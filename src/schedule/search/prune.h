// Prune: takes out replays that the budget does not need.
//
// Without a replay its buffers are held from the event before it. That is tried, costly replays
// first (noise shuffles them), and stays where the peak keeps to the budget; replays whose results
// nobody reads any more go as well.
#pragma once

#include "base/prng.h"
#include "schedule/search/state.h"

namespace hcb::search {

class Prune {
 public:
  Prune(State& state, Bytes budget) : state_(state), problem_(state.problem()), budget_(budget) {}

  // The peak is within the budget before and after. O(replays · log) when nothing goes.
  void run(std::uint32_t noise, Prng& random);

  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  struct Candidate {
    Nanos weight;
    Exec exec;
    NodeId node;
    friend auto operator<=>(const Candidate&, const Candidate&) = default;
  };
  [[nodiscard]] bool try_erase(Exec e);
  [[nodiscard]] bool unread(BufferId b, Exec e) const;
  [[nodiscard]] bool room_without(Exec e) const;
  void erase_unread();

  State& state_;
  const Problem& problem_;
  Bytes budget_;
  std::vector<Candidate> candidates_;
  std::vector<Exec> maybe_unread_;
  std::uint64_t work_ = 0;
};

}  // namespace hcb::search
