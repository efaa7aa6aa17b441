// Why a step needs what it needs, as plain data: where the peak is and what is alive there, what
// letting go of it would cost, why a budget cannot be met, what a plan spends its extra time on.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.h"
#include "report/alive_groups.h"
#include "report/verdict.h"
#include "schedule/relief.h"

namespace hcb {

// The peak of one schedule.
struct PeakStory {
  Bytes peak = 0;
  std::string at;      // place_text() of the node that runs at the first such instant
  std::string op;      // of that node
  std::string phase;   // "forward", "backward", "optimizer"
  std::string module;  // may be empty
  std::size_t position = 0;
  std::size_t executions = 0;
  Composition composition;                        // adds up to peak
  std::vector<std::pair<Role, Bytes>> residents;  // by role, most bytes first; add up to resident
  std::size_t alive = 0;                          // buffers
  std::vector<AliveGroup> groups;
};

// What letting go of a group at the peak frees.
struct ReliefRow {
  std::size_t group = 0;  // index into PeakStory::groups
  Relief relief;
};

// One of the amounts that the witness of the memory bound needs together.
struct WitnessPart {
  std::string what;  // "resident", "reads gradient logits.grad", …
  Bytes bytes = 0;   // negative: taken off
};

// The same model with one size halved.
struct SmallerModel {
  std::string options;  // " --dim batch=4"
  std::string instead;  // "8"
  Bytes bound = 0;      // its memory lower bound
  Bytes peak = 0;       // of its plain step
};

// Nodes of one kind that run more than once.
struct AgainRow {
  std::string what;  // of a single node: its place
  std::size_t nodes = 0;
  std::size_t executions = 0;  // behind the first of each
  Nanos time = 0;
};

struct Explanation {
  std::string model;
  bool training = false;
  std::string costs;  // where times come from
  Nanos base_time = 0;
  PeakStory peak;                    // of the plain step, or of the plan
  std::vector<ReliefRow> reliefs;    // most bytes per time first
  std::size_t reliefs_left_out = 0;  // groups that were not looked at, the smallest
  BoundReport bound;
  std::vector<WitnessPart> witness;   // adds up to bound.bytes.bound
  std::optional<Outlook> outlook;     // without a plan
  std::vector<SmallerModel> smaller;  // where the budget cannot be met
  std::optional<Plan> plan;
  std::vector<AgainRow> again;  // with a plan: most time first
};

// The peak of `sequence`, which is valid. Errors: those of simulate().
[[nodiscard]] Result<PeakStory> peak_story(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size,
                                           std::span<const NodeId> sequence);

// The largest kMostReliefs groups of `peak`, each let go of by itself.
[[nodiscard]] std::vector<ReliefRow> relief_rows(const Graph& graph,
                                                 const IdVector<BufferId, Bytes>& size,
                                                 std::span<const NodeId> sequence,
                                                 const PeakStory& peak, const Context& context);
inline constexpr std::size_t kMostReliefs = 40;

// What makes up the memory lower bound at its witness; adds up to it.
[[nodiscard]] std::vector<WitnessPart> witness_parts(const Graph& graph,
                                                     const IdVector<BufferId, Bytes>& size,
                                                     const MemoryBounds& bounds);

// What a plan runs again, by kind.
[[nodiscard]] std::vector<AgainRow> again_rows(const Graph& graph, const Plan& plan);

}  // namespace hcb
