// What a step leaves behind, as bytes: outputs, state it overwrote, where the generator stands. Two
// runs agree if and only if all of it does.
#pragma once

#include <string>
#include <vector>

#include "replay/session.h"

namespace hcb {

struct Outcome {
  std::vector<TensorToStore> tensors;  // outputs of the graph, then residents overwritten
  std::size_t outputs = 0;             // how many of them are outputs
  std::size_t gradients = 0;           // how many of those are gradients
  std::vector<std::byte> random;       // state of the generator
};

// One tensor that is not what it was to be.
struct OutcomeDifference {
  std::string name;
  std::string what;  // "12 of 64 elements differ, first at 3, by 0.5 at most"
};

// `report` is of the run that ended last. Error: a tensor that cannot be read.
[[nodiscard]] Result<Outcome> capture(Session& session, const RunReport& report);

// Bit by bit; the generator is called "random generator". O(bytes).
[[nodiscard]] std::vector<OutcomeDifference> differences(const Outcome& outcome,
                                                         const Outcome& reference);

// Against tensors of a file, those that both know. `tolerance` > 0: float32, float64 and bfloat16 may
// be off by that part of their tensor's largest magnitude, or of a hundredth of the largest of all
// tensors where that is more (a gradient that is zero in exact arithmetic is rounding); what is not
// finite has to be the same. Keys are compared with their words. Errors (bad_input): a tensor of the file that the
// step does not leave behind (all named); nothing in common.
[[nodiscard]] Result<std::vector<OutcomeDifference>> differences(const Outcome& outcome,
                                                                 const SafetensorsFile& reference,
                                                                 double tolerance);

}  // namespace hcb
