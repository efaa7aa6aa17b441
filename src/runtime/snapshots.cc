#include "runtime/snapshots.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {

Snapshots::Snapshots(const Graph& graph, RandomState* random, bool restore)
    : graph_(graph), random_(random), restore_(restore), saved_(graph.node_count()) {}

Result<void> Snapshots::check(const Program& program) const {
  if (random_ != nullptr) return {};
  for (const Execution& execution : program.executions) {
    if (!execution.again || !graph_.flags(execution.node).random) continue;
    return fail(ErrorKind::bad_input,
                fmt::format("'{}' draws random numbers and runs again, but no generator is given",
                            printable(graph_.name(execution.node))));
  }
  return {};
}

bool Snapshots::concerns(const Execution& execution) const {
  return restore_ && random_ != nullptr && graph_.flags(execution.node).random &&
         (execution.again || !execution.last);
}

void Snapshots::count(Bytes change) {
  bytes_ += change;
  most_ = std::max(most_, bytes_);
}

void Snapshots::before(const Execution& execution) {
  if (!concerns(execution)) return;
  State& state = execution.again ? now_ : saved_[execution.node];
  state = random_->save();
  count(std::ssize(state));
  if (execution.again) random_->restore(saved_[execution.node]);
}

void Snapshots::behind(const Execution& execution) {
  if (!concerns(execution) || !execution.again) return;
  random_->restore(now_);
  count(-std::ssize(now_));
  if (!execution.last) return;
  count(-std::ssize(saved_[execution.node]));
  saved_[execution.node] = {};
}

}  // namespace hcb
