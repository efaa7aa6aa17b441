#include "replay/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "check/simulate.h"
#include "report/words.h"

namespace hcb {
namespace {

std::string threads_text(std::int64_t threads) {
  return plural(static_cast<std::size_t>(threads), "thread");
}

// "cuda:0 (NVIDIA …)" -> "cuda".
std::string device_type(const std::string& device) {
  return device.substr(0, device.find_first_of(": "));
}

Result<std::optional<SafetensorsFile>> open_file(const std::string& path) {
  if (path.empty()) return std::nullopt;
  HCB_TRY(SafetensorsFile file, SafetensorsFile::open(path));
  return std::optional(std::move(file));
}

}  // namespace

ProfileScope scope_of(const TorchMachine& machine, const std::string& memory_format) {
  const std::string name = machine.device_name();
  return {.device = device_type(name),
          .device_name = name,
          .threads = machine.threads(),
          .memory_format = memory_format,
          .torch_version = machine.torch_version()};
}

Result<std::unique_ptr<Session>> Session::open(const SessionOptions& options,
                                               const OpenMachine& open_machine) {
  Options plain;
  plain.costs = options.costs;
  HCB_TRY(LoadedStep loaded, load_step(options.graph, plain));
  std::unique_ptr<Session> session(new Session(options, std::move(loaded)));
  HCB_CHECK(session->choose());
  TorchOptions torch = options.torch;
  if (torch.threads == 0 && session->loaded_.profile)
    torch.threads = static_cast<int>(session->loaded_.profile->scope.threads);
  HCB_TRY(session->machine_, open_machine(torch));
  HCB_CHECK(session->check_scope());
  HCB_CHECK(session->place());
  return session;
}

Result<void> Session::choose() {
  HCB_TRY(weights_, open_file(options_.weights));
  HCB_TRY(inputs_, open_file(options_.inputs));
  const ContentFiles files{.weights = weights_ ? &*weights_ : nullptr,
                           .inputs = inputs_ ? &*inputs_ : nullptr};
  HCB_TRY(contents_, choose_contents(graph(), loaded_.calls, files, options_.torch.seed));
  return {};
}

Result<void> Session::check_scope() const {
  if (!loaded_.profile) return {};
  const ProfileScope& measured = loaded_.profile->scope;
  const ProfileScope here = scope_of(*machine_, loaded_.step.memory_format);
  const auto refuse = [&](const std::string& there, const std::string& now) {
    return fail(
        ErrorKind::bad_input,
        fmt::format("{}: measured with {}; this run has {}", options_.costs, printable(there), now),
        "measure again: hcb-run profile GRAPH -o PROFILE");
  };
  if (measured.device != here.device) return refuse("device " + measured.device, here.device);
  if (measured.threads != here.threads)
    return refuse(threads_text(measured.threads), std::to_string(here.threads));
  if (measured.torch_version != here.torch_version)
    return refuse("torch " + measured.torch_version, here.torch_version);
  if (measured.device_name != here.device_name)
    return refuse("device " + measured.device_name, here.device_name);
  return {};
}

Result<void> Session::place() {
  HCB_TRY(kernels_, machine_->kernels(loaded_.calls));
  HCB_TRY(bound_, bind_kernels(graph(), *kernels_));
  HCB_TRY(size_, rounded_sizes(graph(), machine_->granularity()));
  HCB_TRY(residents_, make_residents(graph(), loaded_.calls, contents_, *machine_));
  written_ = written_residents(graph(), loaded_.calls);
  for (const ValueId v : written_) {
    HCB_TRY(std::vector<std::byte> elements, machine_->read(residents_[v]));
    first_.push_back(std::move(elements));
  }
  return {};
}

Result<Contender> Session::contender(std::string name, std::vector<Step> steps) const {
  Contender made{.name = std::move(name),
                 .file = {},
                 .steps = std::move(steps),
                 .program = {},
                 .predicted = {}};
  std::vector<NodeId> sequence;
  for (const Step& step : made.steps) {
    if (step.kind == StepKind::compute) sequence.push_back(NodeId{step.id});
  }
  HCB_TRY(made.program, make_program(graph(), size_, made.steps));
  HCB_TRY(Simulation simulation, simulate(graph(), sequence, size_));
  made.predicted = std::move(simulation.memory);
  made.peak = simulation.peak;
  made.extra_time = simulation.extra_time;
  made.base_time = base_time(graph());
  return made;
}

Result<Contender> Session::store_all() const {
  return contender("store-all", with_frees(graph(), plain_sequence(graph())));
}

Result<void> Session::start_over() {
  for (std::size_t i = 0; i < written_.size(); ++i)
    HCB_CHECK(machine_->write(residents_[written_[i]], first_[i]));
  machine_->seed(options_.torch.seed);
  return {};
}

Result<RunReport> Session::run(const Contender& contender, std::optional<Bytes> limit) {
  const RunRequest request{.residents = residents_,
                           .write_back = {},
                           .memory_limit = limit,
                           .predicted = contender.predicted};
  return run_program(graph(), contender.program, bound_, machine_->machine(*kernels_), request);
}

// The limit is set by hand, since a run without a meter takes none.
Result<Nanos> Session::time(const Contender& contender, std::optional<Bytes> limit) {
  const RunRequest request{.residents = residents_, .write_back = {}, .predicted = {}};
  Machine plain{.kernels = kernels_.get(), .random = &machine_->random(), .clock = {}};
  const Clock clock = machine_->clock();
  machine_->meter().set_limit(limit);
  const Nanos start = clock();
  auto report = run_program(graph(), contender.program, bound_, plain, request);
  const Nanos duration = clock() - start;
  machine_->meter().set_limit(std::nullopt);
  if (!report) return std::unexpected(std::move(report).error());
  return duration;
}

}  // namespace hcb
