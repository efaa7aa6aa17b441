// One pass over the steps that keeps which buffers are present; each execution is verified and
// written down with the frees behind it. O(steps + uses).
#include "runtime/program.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "graph/implied.h"
#include "runtime/kernel.h"

namespace hcb {
namespace {

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

class ProgramMaker {
 public:
  ProgramMaker(const Graph& graph, const IdVector<BufferId, Bytes>& size,
               std::span<const Step> steps)
      : graph_(graph),
        size_(size),
        steps_(steps),
        last_run_(graph.node_count(), kNever),
        present_(graph.buffer_count(), 0),
        mutated_(graph.buffer_count(), 0) {}

  Result<Program> run() && {
    HCB_TRY(program_.resident, resident_bytes(graph_, size_));
    held_ = program_.resident;
    std::size_t at = 0;
    while (at < steps_.size()) {
      if (steps_[at].kind == StepKind::free)
        return fail(ErrorKind::check_failed, "the plan begins with a free");
      const std::size_t end = end_of_frees(at + 1);
      HCB_CHECK(add(steps_[at].id, steps_.subspan(at + 1, end - at - 1)));
      at = end;
    }
    HCB_CHECK(check_end());
    for (const NodeId n : graph_.nodes()) program_.executions[last_run_[n]].last = true;
    return std::move(program_);
  }

 private:
  [[nodiscard]] std::size_t end_of_frees(std::size_t at) const {
    while (at < steps_.size() && steps_[at].kind == StepKind::free) ++at;
    return at;
  }

  [[nodiscard]] std::size_t step() const { return program_.executions.size(); }
  [[nodiscard]] std::string quoted(auto id) const {
    return fmt::format("'{}'", printable(graph_.name(id)));
  }

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    const std::string who =
        node_ == kNone<NodeId> ? "" : fmt::format(" ({})", printable(graph_.name(node_)));
    return fail(ErrorKind::check_failed, fmt::format("step {}{}: {}", step(), who, what));
  }

  [[nodiscard]] Bytes counted(BufferId b) const {
    return mutates_resident(graph_, b) ? 0 : size_[b];
  }

  Result<void> add(std::uint32_t id, std::span<const Step> frees) {
    node_ = kNone<NodeId>;
    if (id >= graph_.node_count())
      return wrong(fmt::format("runs node {}, but the graph has {}", id, graph_.node_count()));
    node_ = id_at<NodeId>(id);
    Execution execution{.node = node_, .again = last_run_[node_] != kNever};
    HCB_CHECK(execution.again ? check_replay() : check_first());
    for (const ValueId v : graph_.inputs(node_)) HCB_CHECK(check_read(v));
    execution.takes_over = static_cast<std::uint32_t>(program_.takes_over.size());
    for (const ValueId v : graph_.outputs(node_))
      program_.takes_over.push_back(taken_over(v, frees));
    HCB_CHECK(make_outputs());
    execution.frees = static_cast<std::uint32_t>(program_.frees.size());
    for (const Step& free : frees) HCB_CHECK(add_free(free.id));
    execution.frees_end = static_cast<std::uint32_t>(program_.frees.size());
    execution.held_after = held_;
    last_run_[node_] = step();
    program_.widest =
        std::max({program_.widest, graph_.inputs(node_).size(), graph_.outputs(node_).size()});
    program_.executions.push_back(execution);
    return {};
  }

  [[nodiscard]] Result<void> check_replay() const {
    if (!graph_.flags(node_).never_replay) return {};
    return wrong(fmt::format("may run once only, and ran at step {} already", last_run_[node_]));
  }

  Result<void> check_first() {
    for (const NodeId before : graph_.predecessors(node_)) {
      if (last_run_[before] == kNever)
        return wrong(fmt::format("runs before {}, which must come first", quoted(before)));
    }
    if (!graph_.flags(node_).random) return {};
    if (last_random_ != kNone<NodeId> && node_ < last_random_)
      return wrong(fmt::format("draws random numbers after {}, which draws later in the graph",
                               quoted(last_random_)));
    last_random_ = node_;
    return {};
  }

  [[nodiscard]] Result<void> check_read(ValueId v) const {
    if (v == kNone<ValueId>) return {};
    const BufferId b = graph_.buffer(v);
    if (mutated_[b]) return wrong(fmt::format("reads {}, which was overwritten", quoted(v)));
    if (!graph_.resident(b) && !present_[b])
      return wrong(fmt::format("reads {}, which is not held", quoted(v)));
    return {};
  }

  // The input position whose storage output v takes over. A donor that lives in the storage of a
  // resident gives nothing away.
  [[nodiscard]] int taken_over(ValueId v, std::span<const Step> frees) const {
    const BufferId b = graph_.buffer(v);
    const BufferId donor = graph_.donor(b);
    if (graph_.base_value(b) != v || donor == kNone<BufferId>) return kFreshStorage;
    const bool dies = std::ranges::find(frees, Step::free(donor)) != frees.end();
    const bool gives = !mutates_resident(graph_, donor) && dies && size_[b] == size_[donor];
    if (!graph_.resident(donor) && !gives) return kFreshStorage;
    const auto inputs = graph_.inputs(node_);
    const auto of_donor = [&](ValueId x) {
      return x != kNone<ValueId> && graph_.buffer(x) == donor;
    };
    return static_cast<int>(std::ranges::find_if(inputs, of_donor) - inputs.begin());
  }

  Result<void> make_outputs() {
    for (const BufferId b : graph_.makes(node_)) {
      if (present_[b]) return wrong(fmt::format("makes {}, which is still held", quoted(b)));
      present_[b] = 1;
      if (mutates_resident(graph_, b)) mutated_[graph_.donor(b)] = 1;
      const auto sum = checked_add(held_, counted(b));
      if (!sum) return wrong("memory exceeds 2^63 bytes");
      held_ = *sum;
    }
    return {};
  }

  Result<void> add_free(std::uint32_t id) {
    if (id >= graph_.buffer_count())
      return wrong(fmt::format("frees buffer {}, but the graph has {}", id, graph_.buffer_count()));
    const BufferId b = id_at<BufferId>(id);
    if (graph_.resident(b)) return wrong(fmt::format("frees {}, a resident", quoted(b)));
    if (!present_[b]) return wrong(fmt::format("frees {}, which is not held", quoted(b)));
    present_[b] = 0;
    held_ -= counted(b);
    program_.frees.push_back(b);
    return {};
  }

  [[nodiscard]] Result<void> check_end() const {
    const auto error = [](std::string message) {
      return fail(ErrorKind::check_failed, std::move(message));
    };
    for (const NodeId n : graph_.nodes()) {
      if (last_run_[n] == kNever) return error(fmt::format("node {} never runs", quoted(n)));
    }
    for (const BufferId b : graph_.buffers()) {
      if (graph_.resident(b) || present_[b] == graph_.is_output(b)) continue;
      return error(quoted(b) +
                   (present_[b] ? " is never freed" : ", an output, is freed for good"));
    }
    return {};
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  std::span<const Step> steps_;
  IdVector<NodeId, std::size_t> last_run_;
  IdVector<BufferId, char> present_;
  IdVector<BufferId, char> mutated_;
  NodeId node_ = kNone<NodeId>;  // of the execution at hand
  NodeId last_random_ = kNone<NodeId>;
  Bytes held_ = 0;
  Program program_;
};

}  // namespace

Result<Program> make_program(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                             std::span<const Step> steps) {
  return ProgramMaker(graph, size, steps).run();
}

}  // namespace hcb
