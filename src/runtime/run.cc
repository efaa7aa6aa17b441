#include "runtime/run.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "runtime/slots.h"
#include "runtime/snapshots.h"

namespace hcb {
namespace {

std::string quoted(const Graph& graph, ValueId v) {
  return fmt::format("'{}'", printable(graph.name(v)));
}

class Runner {
 public:
  Runner(const Graph& graph, const Program& program, const Kernels& kernels, const Machine& machine,
         const RunRequest& request)
      : graph_(graph),
        program_(program),
        kernels_(kernels),
        machine_(machine),
        request_(request),
        slots_(graph, kernels),
        snapshots_(graph, machine.random, request.restore_random),
        inputs_(program.widest),
        outputs_(program.widest) {}

  Result<RunReport> run() && {
    HCB_CHECK(check_request());
    HCB_CHECK(place_residents());
    HCB_CHECK(start_metering());
    report_.steps.reserve(program_.executions.size());
    for (const Execution& execution : program_.executions) HCB_CHECK(step(execution));
    HCB_CHECK(collect_outputs());
    HCB_CHECK(write_back());
    report_.random_state = snapshots_.most_bytes();
    return std::move(report_);
  }

 private:
  [[nodiscard]] Result<void> check_request() const {
    if (!request_.predicted.empty() && request_.predicted.size() != program_.executions.size())
      return fail(ErrorKind::usage,
                  fmt::format("{} predictions for {} executions", request_.predicted.size(),
                              program_.executions.size()));
    if (request_.memory_limit && machine_.meter == nullptr)
      return fail(ErrorKind::usage, "a memory limit needs a memory meter");
    for (const WriteBack& state : request_.write_back) HCB_CHECK(check(state));
    return snapshots_.check(program_);
  }

  [[nodiscard]] Result<void> check(const WriteBack& state) const {
    if (!graph_.is_output(state.from))
      return fail(ErrorKind::bad_input,
                  fmt::format("{} is written back but is no output", quoted(graph_, state.from)));
    if (graph_.producer(state.to) != kNone<NodeId>)
      return fail(ErrorKind::bad_input,
                  fmt::format("{} is written back to {}, which a node makes",
                              quoted(graph_, state.from), quoted(graph_, state.to)));
    return {};
  }

  Result<void> place_residents() {
    std::string missing;
    for (const ValueId v : graph_.values()) {
      if (graph_.producer(v) != kNone<NodeId>) continue;
      const bool given = index(v) < request_.residents.size() && request_.residents[v] != nullptr;
      if (given) slots_.put(v, request_.residents[v]);
      if (!given) missing += (missing.empty() ? "" : ", ") + quoted(graph_, v);
    }
    if (missing.empty()) return {};
    return fail(ErrorKind::bad_input, fmt::format("no contents given for {}", missing));
  }

  Result<void> start_metering() {
    report_.predicted_resident = program_.resident;
    if (machine_.meter == nullptr) return {};
    report_.resident = report_.peak = machine_.meter->live();
    if (request_.memory_limit && report_.resident > *request_.memory_limit)
      return fail(ErrorKind::limit,
                  fmt::format("{} bytes are held before the first step, more than the limit of {}",
                              report_.resident, *request_.memory_limit));
    return {};
  }

  // Replays of views of residents and of whatever a kernel set frees late are the kernel's affair;
  // bytes are read on both sides of the call and behind the frees.
  Result<void> step(const Execution& execution) {
    StepRecord record{.node = execution.node, .again = execution.again};
    record.predicted_after = execution.held_after;
    if (!request_.predicted.empty())
      record.predicted_during = request_.predicted[report_.steps.size()];
    HCB_CHECK(call(execution, record));
    store_outputs(execution.node);
    for (std::uint32_t i = execution.frees; i < execution.frees_end; ++i)
      slots_.clear(program_.frees[i]);
    record.after = live();
    add(record);
    return {};
  }

  Result<void> call(const Execution& execution, StepRecord& record) {
    HCB_CHECK(gather(execution));
    const std::size_t count = graph_.outputs(execution.node).size();
    const KernelCall call{
        .inputs = std::span(inputs_).first(graph_.inputs(execution.node).size()),
        .takes_over = std::span(program_.takes_over).subspan(execution.takes_over, count),
        .first = !execution.again};
    snapshots_.before(execution);
    if (machine_.meter != nullptr) machine_.meter->mark();
    record.before = live();
    const Nanos start = machine_.clock ? machine_.clock() : 0;
    const auto done = kernels_[execution.node]->run(call, std::span(outputs_).first(count));
    record.duration = machine_.clock ? machine_.clock() - start : 0;
    record.during = machine_.meter != nullptr ? machine_.meter->peak() : 0;
    record.workspace = record.during - live();
    snapshots_.behind(execution);
    if (!done) return at_step(execution, done.error());
    if (exceeded()) return at_step(execution, {ErrorKind::limit, "over the limit", {}});
    return check_outputs(execution, count);
  }

  Result<void> gather(const Execution& execution) {
    const auto values = graph_.inputs(execution.node);
    for (std::size_t i = 0; i < values.size(); ++i) {
      inputs_[i] = nullptr;
      if (values[i] == kNone<ValueId>) continue;
      auto handle = slots_.get(values[i]);
      if (!handle) return at_step(execution, handle.error());
      inputs_[i] = *handle;
    }
    return {};
  }

  [[nodiscard]] Result<void> check_outputs(const Execution& execution, std::size_t count) const {
    for (std::size_t k = 0; k < count; ++k) {
      if (outputs_[k] == nullptr)
        return at_step(
            execution,
            {ErrorKind::internal, fmt::format("the kernel returned nothing for output {}", k), {}});
    }
    return {};
  }

  void store_outputs(NodeId node) {
    const auto values = graph_.outputs(node);
    for (std::size_t k = 0; k < values.size(); ++k) slots_.put(values[k], std::move(outputs_[k]));
  }

  [[nodiscard]] std::unexpected<Error> at_step(const Execution& execution,
                                               const Error& error) const {
    const std::string place =
        fmt::format("step {} ({} {})", report_.steps.size(), execution.again ? "recompute" : "run",
                    printable(graph_.name(execution.node)));
    return fail(error.kind, fmt::format("{}: {}", place, reason(error)), error.help);
  }

  // A refused allocation in full; any other error as it is.
  [[nodiscard]] std::string reason(const Error& error) const {
    const auto refusal = machine_.meter ? machine_.meter->refusal() : std::nullopt;
    if (error.kind != ErrorKind::limit || !refusal || !request_.memory_limit) return error.message;
    const std::string prediction = request_.predicted.empty()
                                       ? "no prediction for this step"
                                       : fmt::format("the prediction for this step is {}",
                                                     request_.predicted[report_.steps.size()]);
    return fmt::format("{} bytes asked for with {} live exceed the limit of {} bytes; {}",
                       refusal->asked, refusal->live, *request_.memory_limit, prediction);
  }

  // A meter that cannot refuse while a kernel runs (CUDA) says so behind it.
  [[nodiscard]] bool exceeded() const {
    return request_.memory_limit && machine_.meter->refusal().has_value();
  }

  [[nodiscard]] Bytes live() const { return machine_.meter ? machine_.meter->live() : 0; }

  void add(const StepRecord& record) {
    if (record.during > report_.peak) {
      report_.peak = record.during;
      report_.peak_step = report_.steps.size();
    }
    report_.time += record.duration;
    report_.recompute_time += record.again ? record.duration : 0;
    report_.recompute_flops += record.again ? graph_.cost(record.node).flops : 0;
    report_.steps.push_back(record);
  }

  Result<void> collect_outputs() {
    for (const ValueId v : graph_.outputs()) {
      HCB_TRY(const Handle* handle, slots_.get(v));
      report_.outputs.emplace_back(graph_.name(v), *handle);
    }
    return {};
  }

  Result<void> write_back() {
    for (const auto& [from, to] : request_.write_back) {
      HCB_TRY(const Handle* source, slots_.get(from));
      HCB_TRY(const Handle* target, slots_.get(to));
      HCB_CHECK(machine_.kernels->copy(*source, *target));
    }
    return {};
  }

  const Graph& graph_;
  const Program& program_;
  const Kernels& kernels_;
  const Machine& machine_;
  const RunRequest& request_;
  Slots slots_;
  Snapshots snapshots_;
  std::vector<const Handle*> inputs_;  // of the call at hand
  std::vector<Handle> outputs_;
  RunReport report_;
};

}  // namespace

std::optional<std::size_t> RunReport::first_difference() const {
  const auto step = std::ranges::find_if_not(steps, &StepRecord::as_predicted);
  if (step == steps.end()) return std::nullopt;
  return static_cast<std::size_t>(step - steps.begin());
}

Result<RunReport> run_program(const Graph& graph, const Program& program, const Kernels& kernels,
                              const Machine& machine, const RunRequest& request) {
  if (machine.meter != nullptr) machine.meter->set_limit(request.memory_limit);
  auto report = Runner(graph, program, kernels, machine, request).run();
  if (machine.meter != nullptr) machine.meter->set_limit(std::nullopt);
  return report;
}

}  // namespace hcb
