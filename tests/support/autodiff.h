// Graphs that must be valid: a test whose graph is broken is a broken test.
#pragma once

#include "generate/training_builder.h"

namespace hcb {

// The graph; prints the error and aborts if there is one.
[[nodiscard]] Graph must(Result<Graph> graph);

// What freeze() gives, as must().
[[nodiscard]] Graph must_freeze(GraphBuilder&& builder);

}  // namespace hcb
