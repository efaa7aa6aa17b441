// A two-terminal series-parallel graph: one node, two graphs one behind the other, or branches that
// begin at one value and are joined by one node, each chosen at random until the nodes are used up.
// The pending parts stand on a stack of their own, so depth is no concern. O(nodes).
#include <algorithm>
#include <vector>

#include "generate/families.h"
#include "generate/sketch.h"

namespace hcb::internal {
namespace {

constexpr std::size_t kDefaultBranches = 3;
constexpr std::size_t kLeastToSplit = 4;

struct Fork {
  ValueId source;
  std::vector<ValueId> ends;
};

class Composer {
 public:
  Composer(Sketch& sketch, std::size_t most_branches)
      : sketch_(sketch), most_branches_(most_branches), at_(sketch.input()) {}

  void run() {
    pending_.push_back({Task::compose, sketch_.left()});
    while (!pending_.empty()) {
      const Pending next = pending_.back();
      pending_.pop_back();
      perform(next);
    }
  }

 private:
  enum class Task { compose, begin_branch, end_branch, join };
  struct Pending {
    Task task;
    std::size_t nodes = 0;
  };

  void perform(const Pending& next) {
    switch (next.task) {
      case Task::compose:
        return compose(next.nodes);
      case Task::begin_branch:
        at_ = forks_.back().source;
        return;
      case Task::end_branch:
        forks_.back().ends.push_back(at_);
        return;
      case Task::join:
        at_ = sketch_.node(std::move(forks_.back().ends));
        forks_.pop_back();
        return;
    }
  }

  void compose(std::size_t nodes) {
    if (nodes < kLeastToSplit) return chain(nodes);
    if (sketch_.random().chance(50)) return series(nodes);
    parallel(nodes);
  }

  void chain(std::size_t nodes) {
    for (; nodes > 0; --nodes) at_ = sketch_.node({at_});
  }

  // Parts between a quarter and three quarters keep the stack short.
  void series(std::size_t nodes) {
    const std::size_t first = nodes / 4 + sketch_.random().below(nodes / 2 + 1);
    pending_.push_back({Task::compose, nodes - first});
    pending_.push_back({Task::compose, first});
  }

  void parallel(std::size_t nodes) {
    const std::size_t most = std::min(most_branches_, nodes - 1);
    const std::size_t branches = 2 + sketch_.random().below(most - 1);
    forks_.push_back({.source = at_, .ends = {}});
    pending_.push_back({Task::join});
    std::size_t rest = nodes - 1;
    for (std::size_t left = branches; left > 0; --left) {
      const std::size_t share = left == 1 ? rest : rest / left;
      rest -= share;
      pending_.push_back({Task::end_branch});
      pending_.push_back({Task::compose, share});
      pending_.push_back({Task::begin_branch});
    }
  }

  Sketch& sketch_;
  std::size_t most_branches_;
  ValueId at_;  // what the next part begins at
  std::vector<Fork> forks_;
  std::vector<Pending> pending_;  // the next one last
};

}  // namespace

Result<Graph> make_series_parallel(const GenerateRequest& request) {
  Sketch sketch("series-parallel", request);
  Composer(sketch, request.width.value_or(kDefaultBranches)).run();
  return std::move(sketch).finish();
}

}  // namespace hcb::internal
