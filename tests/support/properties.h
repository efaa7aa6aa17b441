// What property tests share: how they check, and what they draw.
#pragma once

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "support/graphs.h"

namespace hcb {

// Fails the test case, with RapidCheck's counterexample printed, unless the property holds.
inline void check_property(const char* what, auto property) {
  const bool holds = rc::check(what, property);
  CHECK(holds);
}

// random_training_graph() of that seed, with up to 39 forward nodes and options that are drawn.
inline Graph drawn_training_graph(std::uint64_t seed) {
  const auto nodes = *rc::gen::inRange<std::size_t>(1, 40);
  RandomGraphOptions options;
  options.optimizer = *rc::gen::arbitrary<bool>();
  options.in_place = *rc::gen::element(0, 8, 60);
  options.never_replay = *rc::gen::element(0, 3, 30);
  return random_training_graph(seed, nodes, options);
}

}  // namespace hcb
