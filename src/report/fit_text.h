// What `hcb fit` says: the largest value of a dim under which a step fits, and its neighbours.
#pragma once

#include <string>

#include "schedule/largest.h"

namespace hcb {

struct FitQuestion {
  std::string model;                                // the argument of the command line
  std::string dim;                                  // "batch"
  bool first_dim = false;                           // bound by --batch, not by --dim
  Options options;                                  // without that dim; memory_budget in bytes
  std::optional<std::int64_t> max_extra_permyriad;  // 1/10000 of the step time
};

// The options of the step where the dim has that value.
[[nodiscard]] Options options_at(const FitQuestion& question, std::int64_t value);

// Columns for people; may change.
[[nodiscard]] std::string fit_text(const FitQuestion& question, const LargestFit& fit);

// The same as integers: {"format": "hcb-fit", …}; keys in docs/fit.md. Minor versions only add keys.
[[nodiscard]] std::string fit_json(const FitQuestion& question, const LargestFit& fit);

}  // namespace hcb
