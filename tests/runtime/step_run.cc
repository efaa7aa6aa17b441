#include "step_run.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "base/context.h"
#include "check/simulate.h"
#include "ingest/hcb.h"
#include "ingest/hcb_calls.h"
#include "safetensors_file.h"
#include "schedule/runner.h"

namespace hcb::test {
namespace {

constexpr std::uint64_t kSeed = 1;  // as tests/runtime/eager.py

// What eager.py wrote for this build; $HCB_EAGER names another folder.
std::string folder(const std::string& place) {
  const char* const root = std::getenv("HCB_EAGER");
  return std::string(root == nullptr ? HCB_EAGER : root) + "/" + place;
}

Graph graph_of(const std::string& model) {
  return must(parse_hcb(read_file(folder(model) + "/step.hcb"), model, {})).training.graph;
}

std::vector<NodeId> sequence_of(const std::vector<Step>& steps) {
  std::vector<NodeId> sequence;
  for (const Step& step : steps)
    if (step.kind == StepKind::compute) sequence.push_back(id_at<NodeId>(step.id));
  return sequence;
}

}  // namespace

TorchMachine& machine_with(int threads) {
  static const auto machine = must(open_torch({.threads = threads, .seed = kSeed}));
  if (machine->threads() != threads) throw std::runtime_error("one number of threads per process");
  return *machine;
}

std::vector<std::string> exported(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder(kind)))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

StepRun::StepRun(const std::string& model, int threads)
    : calls_(must(parse_hcb_calls(read_file(folder(model) + "/step.hcb"), model))),
      graph_(graph_of(model)),
      given_(read_tensors(folder(model) + "/weights.safetensors")),
      eager_(read_tensors(folder(model) + "/eager." + std::to_string(threads) + ".safetensors")),
      eager_peak_(
          std::stoll(read_file(folder(model) + "/eager." + std::to_string(threads) + ".peak"))),
      machine_(machine_with(threads)),
      set_(must(machine_.kernels(calls_))),
      kernels_(must(bind_kernels(graph_, *set_))) {
  given_.merge(read_tensors(folder(model) + "/inputs.safetensors"));
}

Plan StepRun::plan(const Options& options) const {
  Context context;
  Options with_sizes = options;
  with_sizes.alignment = machine_.granularity();
  return must(make_plan(graph_, with_sizes, context)).plan;
}

IdVector<BufferId, Bytes> StepRun::sizes() const {
  return must(rounded_sizes(graph_, machine_.granularity()));
}

IdVector<ValueId, Handle> StepRun::residents() {
  IdVector<ValueId, Handle> residents(graph_.value_count());
  for (const ValueId v : graph_.values()) {
    if (graph_.producer(v) != kNone<NodeId>) continue;
    const ValueId base = graph_.base_value(graph_.buffer(v));
    if (base != v) {
      residents[v] = must(machine_.make_view(calls_.values[v], residents[base]));
      continue;
    }
    const auto found = given_.find(std::string(graph_.name(v)));
    if (found == given_.end())
      throw std::runtime_error("nothing given for " + std::string(graph_.name(v)));
    residents[v] = must(machine_.make(calls_.values[v], found->second));
  }
  return residents;
}

RunRequest StepRun::request(const std::vector<Step>& steps) {
  return {.residents = residents(),
          .write_back = {},
          .memory_limit = {},
          .predicted = must(simulate(graph_, sequence_of(steps), sizes())).memory,
          .restore_random = true};
}

Tensors StepRun::results(const RunReport& report,
                         const IdVector<ValueId, Handle>& residents) const {
  Tensors tensors;
  for (const auto& [name, handle] : report.outputs) tensors[name] = must(machine_.read(handle));
  for (const ValueId v : graph_.values()) {
    if (is_resident(graph_.role(v)))
      tensors[std::string(graph_.name(v))] = must(machine_.read(residents[v]));
  }
  return tensors;
}

Ran StepRun::run(const std::vector<Step>& steps, const RunOptions& options) {
  const Program program = must(make_program(graph_, sizes(), steps));
  RunRequest request = this->request(steps);
  request.memory_limit = options.limit;
  request.restore_random = options.restore_random;
  machine_.seed(kSeed);
  auto report = run_program(graph_, program, kernels_, machine_.machine(*set_), request);
  Tensors tensors;
  if (report) {
    tensors = results(*report, request.residents);
    report->outputs.clear();
  }
  return {std::move(report), std::move(tensors)};
}

void StepRun::measure(int runs) {
  Options options;
  options.strategy = "store-all";
  const Plan plan = this->plan(options);
  IdVector<NodeId, Cost> costs;
  for (const NodeId n : graph_.nodes()) costs.push_back(graph_.cost(n));
  for (int i = 0; i < runs; ++i) {
    const RunReport report = must(run(plan.steps).report);
    for (const StepRecord& record : report.steps) {
      Bytes& workspace = costs[record.node].workspace;
      workspace = std::max(i == 0 ? 0 : workspace, record.workspace);
    }
  }
  graph_ = graph_.with_bytes(measured_bytes()).with_costs(std::move(costs));
}

IdVector<BufferId, Bytes> StepRun::measured_bytes() const {
  IdVector<BufferId, Bytes> bytes;
  for (const BufferId b : graph_.buffers()) bytes.push_back(graph_.bytes(b));
  for (const NodeId n : graph_.nodes()) {
    const auto values = graph_.outputs(n);
    for (std::size_t k = 0; k < values.size(); ++k) {
      const BufferId b = graph_.buffer(values[k]);
      if (graph_.base_value(b) == values[k]) bytes[b] = set_->output_storage(n)[k];
    }
  }
  return bytes;
}

std::string differences(const Tensors& wanted, const Tensors& got) {
  std::string names;
  for (const auto& [name, bytes] : wanted) {
    const auto found = got.find(name);
    if (found == got.end()) names += " " + name + " (missing)";
    if (found != got.end() && found->second != bytes) names += " " + name;
  }
  return names;
}

}  // namespace hcb::test
