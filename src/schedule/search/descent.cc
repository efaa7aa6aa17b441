// Measured on ResNet-50 (batch 8) and a U-Net (batch 4): docs/decisions/0064.
#include "schedule/search/descent.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "check/simulate.h"
#include "schedule/search/search.h"

namespace hcb::search {
namespace {

constexpr std::uint64_t kRepairWork = 4'000'000;
constexpr std::uint64_t kMostWork = 20'000'000;  // no rung is begun behind it
constexpr int kFailures = 6;                     // at one rung

// What the largest node needs while it runs.
Bytes floor_of(const Problem& problem) {
  Bytes most = 0;
  for (const NodeId n : problem.graph->nodes()) {
    Bytes bytes = problem.workspace[n];
    for (const BufferId b : problem.reads[n]) bytes += problem.bytes[b];
    for (const BufferId b : problem.makes[n]) bytes += problem.bytes[b];
    most = std::max(most, bytes);
  }
  return problem.resident + most;
}

class Ladder {
 public:
  Ladder(const Problem& problem, std::uint64_t rung_work, const Context& context)
      : problem_(problem),
        rung_work_(rung_work),
        context_(context),
        floor_(floor_of(problem)),
        at_{plain_sequence(*problem.graph), State(problem).peak()},
        room_(at_.peak - floor_) {}

  Descent to(Bytes budget) && {
    while (room_ > 0 && next_rung() > budget && step_to(next_rung())) room_ = next_room();
    Descent descent;
    const Rung above = at_;
    if (step_to(budget)) descent.reached.push_back(at_);
    Rung nearest = std::exchange(at_, above);
    if (step_to(next_rung()) && at_.peak <= budget) descent.reached.push_back(std::move(at_));
    if (descent.reached.empty()) descent.reached.push_back(std::move(nearest));
    descent.work = work_;
    return descent;
  }

 private:
  [[nodiscard]] Bytes next_room() const { return room_ - (room_ + 7) / 8; }
  [[nodiscard]] Bytes next_rung() const { return floor_ + next_room(); }

  // False where it is not reached.
  bool step_to(Bytes rung) {
    int failures = 0;
    int halvings = 0;
    while (at_.peak > rung) {
      if (failures == kFailures || work_ >= kMostWork || context_.cancelled()) return false;
      const Bytes below = at_.peak - rung;
      if (auto reached = reach(rung + (below - (below >> halvings)))) {
        at_ = *std::move(reached);
        halvings = std::max(0, halvings - 1);
      } else {
        ++halvings;
        ++failures;
      }
    }
    return true;
  }

  [[nodiscard]] std::optional<Rung> reach(Bytes budget) {
    Search search(problem_, budget);
    search.add_start(at_.sequence, kRepairWork, context_);
    search.run(search.work() + rung_work_, 0, context_);
    work_ += search.work();
    if (!search.best()) return std::nullopt;
    return Rung{search.best()->sequence, search.best()->peak};
  }

  const Problem& problem_;
  std::uint64_t rung_work_;
  const Context& context_;
  Bytes floor_;
  Rung at_;
  Bytes room_;  // above the floor, of the last rung reached
  std::uint64_t work_ = 0;
};

}  // namespace

Descent descend(const Problem& problem, Bytes budget, std::uint64_t rung_work,
                const Context& context) {
  return Ladder(problem, rung_work, context).to(budget);
}

}  // namespace hcb::search
