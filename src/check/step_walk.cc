// One pass over the steps, an execution with its frees at a time. After a violation the walk goes
// on as if the execution had worked, so that one mistake is one finding.
//
// Storage that is taken over: an output whose donor is freed behind the same execution counts
// nothing at that step, if their sizes are equal; the donor is counted there already. An output in
// the storage of a resident (a mutation) never counts.
#include "check/step_walk.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

class StepWalk {
 public:
  StepWalk(const Graph& graph, const IdVector<BufferId, Bytes>& size, std::span<const Step> steps,
           Findings& findings)
      : graph_(graph),
        size_(size),
        steps_(steps),
        findings_(findings),
        before_(order_rows(graph)),
        first_run_(graph.node_count(), kNever),
        last_made_(graph.buffer_count(), kNever),
        made_at_(graph.buffer_count(), kNever),
        freed_at_(graph.buffer_count(), kNever),
        reported_at_(graph.buffer_count(), kNever),
        present_(graph.buffer_count(), 0),
        mutated_at_(graph.buffer_count(), kNever) {}

  Walk run() && {
    find_last_productions();
    for (const BufferId b : graph_.buffers()) live_ += graph_.resident(b) ? size_[b] : 0;
    walk_.peak = live_;
    std::size_t at = 0;
    while (at < steps_.size()) at = execute(at);
    check_end();
    return std::move(walk_);
  }

 private:
  // For every node the nodes that order edges put before it.
  static Csr<NodeId, NodeId> order_rows(const Graph& graph) {
    std::vector<std::pair<NodeId, NodeId>> pairs;
    for (const auto& [before, after] : graph.order_edges()) pairs.emplace_back(after, before);
    return Csr<NodeId, NodeId>::from_pairs(graph.node_count(), pairs);
  }

  [[nodiscard]] bool is_node(std::uint32_t id) const { return id < graph_.node_count(); }

  void find_last_productions() {
    std::size_t k = 0;
    for (const Step& step : steps_) {
      if (step.kind != StepKind::compute) continue;
      if (is_node(step.id)) {
        for (const BufferId b : made_by(id_at<NodeId>(step.id))) last_made_[b] = k;
      }
      ++k;
    }
  }

  // Buffers that come into being when `node` runs: those of its outputs that are no views.
  [[nodiscard]] std::vector<BufferId> made_by(NodeId node) const {
    std::vector<BufferId> made;
    for (const ValueId v : graph_.outputs(node)) {
      const BufferId b = graph_.buffer(v);
      if (graph_.base_value(b) == v) made.push_back(b);
    }
    return made;
  }

  [[nodiscard]] bool in_resident_storage(BufferId b) const {
    return graph_.donor(b) != kNone<BufferId> && graph_.resident(graph_.donor(b));
  }
  [[nodiscard]] Wide counted(BufferId b) const { return in_resident_storage(b) ? 0 : size_[b]; }
  [[nodiscard]] std::string text(BufferId b) const { return printable(graph_.name(b)); }
  [[nodiscard]] std::string text(NodeId n) const { return printable(graph_.name(n)); }

  // The findings of an execution carry "step 17 (recompute NODE): "; `who_` is that node.
  void find(Violation violation, std::string_view what) {
    if (who_ == kNone<NodeId>) {
      findings_.add(violation, fmt::format("step {}: {}", step_, what));
    } else {
      findings_.add(violation, fmt::format("step {} ({} {}): {}", step_,
                                           again_ ? "recompute" : "run", text(who_), what));
    }
  }

  // Executes the entry at `at` with the frees behind it; returns where the next one begins. Frees
  // before any execution count as step 0.
  std::size_t execute(std::size_t at) {
    who_ = kNone<NodeId>;
    const bool computes = steps_[at].kind == StepKind::compute;
    const std::size_t frees = at + (computes ? 1 : 0);
    std::size_t end = frees;
    while (end < steps_.size() && steps_[end].kind == StepKind::free) ++end;
    frees_ = steps_.subspan(frees, end - frees);
    if (computes && is_node(steps_[at].id)) {
      compute(id_at<NodeId>(steps_[at].id));
    } else if (computes) {
      find(Violation::unknown_id, fmt::format("runs node {}, but the graph has {} nodes",
                                              steps_[at].id, graph_.node_count()));
    }
    for (const Step& step : frees_) free(step.id);
    step_ += computes ? 1 : 0;
    return end;
  }

  void compute(NodeId node) {
    who_ = node;
    again_ = first_run_[node] != kNever;
    if (!again_) check_first_run(node);
    if (again_ && graph_.flags(node).never_replay) {
      find(Violation::effect_twice,
           fmt::format("may run once only and ran at step {}", first_run_[node]));
    }
    if (graph_.phase(node) == Phase::backward && !turned_) turn();
    for (const ValueId v : graph_.inputs(node)) {
      if (v != kNone<ValueId>) read(v);
    }
    make_outputs(node);
    walk_.extra_time += again_ ? graph_.cost(node).time : 0;
    if (!again_) first_run_[node] = step_;
  }

  void check_first_run(NodeId node) {
    for (const NodeId before : before_[node]) {
      if (first_run_[before] != kNever) continue;
      find(Violation::order_broken,
           fmt::format("runs before {}, which an order edge puts first", text(before)));
    }
    if (!graph_.flags(node).random) return;
    if (last_random_ != kNone<NodeId> && node < last_random_) {
      find(Violation::order_broken,
           fmt::format("draws random numbers after {}, which draws later in the graph's order",
                       text(last_random_)));
    } else {
      last_random_ = node;
    }
  }

  void turn() {
    turned_ = true;
    for (const BufferId b : graph_.buffers()) {
      if (present_[b] && graph_.phase(graph_.owner(b)) == Phase::forward) walk_.saved.push_back(b);
    }
  }

  void read(ValueId v) {
    const BufferId b = graph_.buffer(v);
    if (reported_at_[b] == step_) return;
    if (graph_.resident(b)) return read_resident(b, v);
    const NodeId producer = graph_.producer(v);
    const bool view_made = first_run_[producer] != kNever;
    if (present_[b] && view_made) return;
    reported_at_[b] = step_;
    const std::string name = printable(graph_.name(v));
    find(Violation::missing_input,
         present_[b]
             ? fmt::format("reads {}, a view that {} has not made yet", name, text(producer))
         : freed_at_[b] == kNever
             ? fmt::format("reads {}, which nothing before makes", name)
             : fmt::format("reads {}, freed after step {}", name, freed_at_[b]));
  }

  void read_resident(BufferId b, ValueId v) {
    if (mutated_at_[b] != kNever) {
      reported_at_[b] = step_;
      find(Violation::stale_read, fmt::format("reads {}, overwritten at step {}",
                                              printable(graph_.name(v)), mutated_at_[b]));
    }
    // A view of a resident that a node makes: the node must have run.
    const NodeId producer = graph_.producer(v);
    if (producer == kNone<NodeId> || first_run_[producer] != kNever) return;
    find(Violation::missing_input, fmt::format("reads {}, a view that {} has not made yet",
                                               printable(graph_.name(v)), text(producer)));
  }

  // Memory of this step: what is live, all outputs, the workspace; less storage taken over.
  void make_outputs(NodeId node) {
    Wide memory = live_ + graph_.cost(node).workspace;
    std::vector<BufferId> donors;
    for (const BufferId b : made_by(node)) {
      if (present_[b]) {
        find(Violation::bad_free,
             fmt::format("makes {}, still held since step {}: it must be freed before", text(b),
                         made_at_[b]));
        live_ -= counted(b);  // the old one goes when the new one is there
      }
      memory += takes_over(b, donors) ? 0 : counted(b);
      make(b);
    }
    walk_.peak = std::max(walk_.peak, memory);
  }

  bool takes_over(BufferId b, std::vector<BufferId>& donors) const {
    const BufferId donor = graph_.donor(b);
    if (donor == kNone<BufferId> || graph_.resident(donor) || in_resident_storage(donor))
      return false;
    const auto is_donor = [&](const Step& step) { return id_at<BufferId>(step.id) == donor; };
    if (!present_[donor] || size_[b] != size_[donor] || std::ranges::none_of(frees_, is_donor) ||
        std::ranges::find(donors, donor) != donors.end()) {
      return false;
    }
    donors.push_back(donor);
    return true;
  }

  void make(BufferId b) {
    present_[b] = 1;
    made_at_[b] = step_;
    live_ += counted(b);
    if (in_resident_storage(b)) mutated_at_[graph_.donor(b)] = step_;
  }

  void free(std::uint32_t id) {
    if (id >= graph_.buffer_count()) {
      find(Violation::unknown_id,
           fmt::format("frees buffer {}, but the graph has {} buffers", id, graph_.buffer_count()));
      return;
    }
    const BufferId b = id_at<BufferId>(id);
    if (graph_.resident(b)) {
      find(Violation::bad_free, fmt::format("frees {}, which is resident", text(b)));
    } else if (!present_[b]) {
      find(Violation::bad_free,
           freed_at_[b] == kNever
               ? fmt::format("frees {}, which was never made", text(b))
               : fmt::format("frees {}, freed after step {} already", text(b), freed_at_[b]));
    } else {
      free_present(b);
    }
  }

  void free_present(BufferId b) {
    if (graph_.is_output(b) && made_at_[b] == last_made_[b]) {
      find(Violation::bad_free, fmt::format("frees {}, an output of the graph, for good", text(b)));
    }
    present_[b] = 0;
    freed_at_[b] = step_;
    live_ -= counted(b);
  }

  void check_end() {
    for (const NodeId n : graph_.nodes()) {
      if (first_run_[n] != kNever) continue;
      findings_.add(Violation::missing_node, fmt::format("node {} never runs", text(n)));
    }
    for (const BufferId b : graph_.buffers()) {
      if (!present_[b] || graph_.is_output(b)) continue;
      findings_.add(Violation::bad_free,
                    fmt::format("{}, made at step {}, is never freed", text(b), made_at_[b]));
    }
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  std::span<const Step> steps_;
  Findings& findings_;
  Csr<NodeId, NodeId> before_;

  IdVector<NodeId, std::size_t> first_run_;
  IdVector<BufferId, std::size_t> last_made_;  // step of the last production in the plan
  IdVector<BufferId, std::size_t> made_at_;    // step of the last production so far
  IdVector<BufferId, std::size_t> freed_at_;
  IdVector<BufferId, std::size_t> reported_at_;  // step at which a read of it was reported
  IdVector<BufferId, char> present_;
  IdVector<BufferId, std::size_t> mutated_at_;

  std::size_t step_ = 0;         // of the execution at hand
  NodeId who_ = kNone<NodeId>;   // what it runs
  bool again_ = false;           // not for the first time
  std::span<const Step> frees_;  // behind it
  bool turned_ = false;
  NodeId last_random_ = kNone<NodeId>;
  Wide live_ = 0;
  Walk walk_;
};

}  // namespace

Walk walk_steps(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                std::span<const Step> steps, Findings& findings) {
  return StepWalk(graph, size, steps, findings).run();
}

}  // namespace hcb
