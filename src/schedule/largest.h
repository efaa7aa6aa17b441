// The largest value of a dim under which a training step fits a byte budget.
//
//     value      1    2    4   ..   16   17   18   ..   32   64
//                plain step fits ---->|    |              |
//                a plan fits ------------->|              |
//                no memory bound excludes it ------------>|
//
// Problem: peaks and plans are known for one value at a time, and a plan costs seconds. Idea: the
// plain step's peak and the memory lower bound cost milliseconds, so galloping finds where the one
// stops fitting and the other begins to exclude; plans are made for values between them only, by
// bisection with little search, then upwards from there with as much search as asked for.
// Invariant: `largest` was planned (or fits as it is), and the value above it was tried. Fitting is
// taken to be monotone in the dim while bisecting, which holds for sizes that grow with it; every
// point reported was really tried. Complexity: O(log answer) graphs and plans.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/options.h"
#include "graph/graph.h"
#include "plan/scope.h"

namespace hcb {

enum class FitKind : std::uint8_t {
  as_it_is,            // the plain step is within the budget
  with_recomputation,  // a plan is, within the extra time allowed
  too_slow,            // the best plan found takes more extra time than allowed
  no_plan,             // none found; not proved that none exists
  does_not_fit,        // proved
  refused,             // the model has no such step (a shape that contradicts it)
};
[[nodiscard]] std::string_view name(FitKind kind);
[[nodiscard]] bool fits(FitKind kind);

// One value of the dim, tried.
struct FitPoint {
  std::int64_t value = 0;
  FitKind kind = FitKind::refused;
  Bytes base_peak = 0;
  Bytes memory_bound = 0;
  Bytes peak = 0;  // of the plan, where one was found; of the plain step, where that fits
  Nanos base_time = 0;
  Nanos extra_time = 0;                   // of the plan
  std::optional<Nanos> bound_extra_time;  // proved, of `scope`
  Scope scope = Scope::any_order;
  // too_slow: does the bound prove that nothing within the extra time allowed exists?
  bool proved = false;
  // place_text() of where memory binds: in the plan's bound, or at the plain step's peak; empty:
  // nowhere.
  std::string binds;
  std::string why;  // does_not_fit: the witness; refused: the model's error; else empty
};

struct FitRequest {
  Options options;                                  // memory_budget in bytes; effort, keep_order
  std::optional<std::int64_t> max_extra_permyriad;  // of the plain step's time, in 1/10000
  std::int64_t most = std::int64_t{1} << 40;        // no greater value is tried
  std::function<Result<Graph>(std::int64_t)> graph_at;
};

struct LargestFit {
  std::int64_t largest = 0;      // 0: not even 1
  std::int64_t as_it_is = 0;     // largest value whose plain step fits; 0: none
  std::vector<FitPoint> points;  // ascending values: all tried but those nobody made a plan for
  bool interrupted = false;      // `largest` is what was known by then
};

// Errors: those of graph_at(1), and of graphs that cannot be simulated; internal ones of the
// planner. A refusal of a greater value is a point.
[[nodiscard]] Result<LargestFit> find_largest(const FitRequest& request, Context& context);

}  // namespace hcb
