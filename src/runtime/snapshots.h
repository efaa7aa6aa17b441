// Generator states of random nodes: taken before a first execution if the node runs again, put
// back around every replay, dropped behind the last one.
//
//     first execution   saved[n] = state;  draw
//     replay            now = state;  state = saved[n];  draw the same;  state = now
//
// Invariant: behind every execution the generator is where it would be had no node run twice.
#pragma once

#include <vector>

#include "runtime/program.h"
#include "runtime/random.h"

namespace hcb {

class Snapshots {
 public:
  // `random` may be nullptr: then check() refuses programs that repeat a random node.
  Snapshots(const Graph& graph, RandomState* random, bool restore);

  // Error (bad_input): the program repeats a random node and there is no generator.
  [[nodiscard]] Result<void> check(const Program& program) const;

  void before(const Execution& execution);
  void behind(const Execution& execution);

  [[nodiscard]] Bytes most_bytes() const { return most_; }

 private:
  using State = std::vector<std::byte>;
  [[nodiscard]] bool concerns(const Execution& execution) const;
  void count(Bytes change);

  const Graph& graph_;
  RandomState* random_;
  bool restore_;
  IdVector<NodeId, State> saved_;
  State now_;  // during a replay: the state to return to
  Bytes bytes_ = 0;
  Bytes most_ = 0;
};

}  // namespace hcb
