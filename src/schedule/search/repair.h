// Repair: brings a state that is over its budget under it.
//
// While the peak exceeds the budget, among the buffers that are live at the first peak and not
// touched there, the gap between the last touch and the next use is cut where the time of making
// the buffer again (closure included) per byte relieved is least:
//
//     events of b      ──u─────────── peak ───────────w──
//     after the cut    ──u                     closure w──     live before w instead of throughout
//
// An output is used at the end of the step: its gap reaches from its last use to the end. Noise
// multiplies the times, so that repeated repairs differ. Source: the greedy eviction of
// dynamic tensor rematerialisation (Kirisame et al., 2021), applied at the peak of a whole
// schedule.
//
// Two inputs of one node can drive each other out: each is dropped while the other is made again
// before the node. With `damp` a cut that was made before seems to cost twice as much each time, until
// one is chosen that ends this. Source: frequency penalties of tabu search (Glover, 1990).
#pragma once

#include "base/context.h"
#include "base/prng.h"
#include "schedule/search/closure.h"
#include "schedule/search/state.h"

namespace hcb::search {

struct RepairOptions {
  std::uint32_t noise = 0;   // times are multiplied by 256 + a draw below this, over 256
  Nanos limit = 0;           // gives up when the extra time of the state exceeds this
  std::uint32_t cuts = 256;  // gives up after this many
  std::uint64_t work = 0;    // gives up after this much; 0: no limit
  Price price;               // of holding an input across the peak instead of re-making it
  bool adapt = false;        // where that is none: what the best cut so far pays for a byte
  bool cap = false;          // relief beyond what the peak is over the budget does not count
  bool outputs = true;       // of the step may be made again behind their last use
  bool damp = false;         // a cut seems to cost twice as much each time it is made
  std::uint32_t look =
      1;  // so many of the best cuts are tried: what they put over the budget counts
};

class Repair {
 public:
  Repair(State& state, Bytes budget);

  // True when the peak is within the budget. The state is changed either way.
  [[nodiscard]] bool run(const RepairOptions& options, Prng& random, const Context& context);

  // Cuts one gap at `e`, chosen as above; false where there is none.
  [[nodiscard]] bool cut_one(Exec e, const RepairOptions& options, Prng& random);

  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  // With what changing the state costs.
  [[nodiscard]] std::uint64_t spent() const { return work_ + 8 * state_.operations(); }

  struct Cut {
    BufferId buffer = kNone<BufferId>;
    Exec before = kEndOfStep;
    Nanos time = 0;  // with noise
    Bytes relief = 1;
    Price price;  // it was found at
  };
  struct MadeCut {
    BufferId buffer = kNone<BufferId>;
    Exec before = kEndOfStep;
    std::uint32_t earlier = 0;  // the one before it of the same buffer in made_cuts_; 0: none
  };
  [[nodiscard]] Nanos repeats(BufferId b, Exec before) const;
  void remember(BufferId b, Exec before);
  void forget_cuts();
  void consider(BufferId b, Exec peak, const RepairOptions& options, Prng& random);
  void consider_at(BufferId b, Exec at, Exec peak, const RepairOptions& options, Prng& random);
  [[nodiscard]] Bytes relief(NodeId owner, std::uint32_t peak, std::uint32_t before) const;
  [[nodiscard]] Price price_for(const RepairOptions& options) const;
  void keep(const Cut& cut, const RepairOptions& options);
  [[nodiscard]] bool make(const Cut& cut, Exec e, const RepairOptions& options);
  [[nodiscard]] Bytes over_behind(const Cut& cut, Exec e, const RepairOptions& options);
  [[nodiscard]] Cut best_tried(Exec e, const RepairOptions& options);

  State& state_;
  const Problem& problem_;
  Bytes budget_;
  Closure closure_;
  std::vector<BufferId> candidates_;  // buffers whose owner may run again and that have a reader
  IdVector<BufferId, std::uint32_t> last_cut_;  // of this repair, in made_cuts_; 0: none
  std::vector<MadeCut> made_cuts_;              // from 1 on
  std::vector<Cut> best_;                       // ascending by time per byte
  Price last_;                                  // of a byte, at the last cut
  Bytes over_ = 0;
  Exec room_ = kEndOfStep;  // from here on memory is within the budget
  std::uint64_t work_ = 0;
};

}  // namespace hcb::search
