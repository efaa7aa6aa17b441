// `hcb-run GRAPH`: one plan, or store-all.
#include <optional>

#include "base/atomic_file.h"
#include "cli/output.h"
#include "replay/commands.h"
#include "replay/contenders.h"
#include "replay/measure.h"

namespace hcb {
namespace {

// A file that is opened before any work is done.
Result<std::optional<AtomicFile>> open_output(const std::string& path) {
  if (path.empty()) return std::nullopt;
  HCB_TRY(AtomicFile file, AtomicFile::open(path));
  return std::optional(std::move(file));
}

Result<void> finish(std::optional<AtomicFile>& file, std::string_view text) {
  if (!file) return {};
  HCB_CHECK(file->write(text));
  return file->commit();
}

bool wants_strategy(const Options& options) {
  return !options.strategy.empty() || options.memory_budget || options.block_size_given ||
         options.arity;
}

Result<Contender> chosen(const RunInvocation& invocation, Session& session,
                         const std::vector<PlanFile>& plans, Context& context) {
  if (!plans.empty()) return plan_contender(session, plans.front());
  if (!wants_strategy(invocation.plan)) return session.store_all();
  return strategy_contender(session, invocation.plan, "", session.machine().granularity(), context);
}

Result<Verification> against_store_all(Session& session, const Outcome& outcome,
                                       const MeasureOptions& options, Context& context) {
  HCB_TRY(const Contender store_all, session.store_all());
  Outcome reference;
  const MeasureOptions unlimited{.iterations = options.iterations, .warmup = 0};
  HCB_TRY(const Measured ignored, measure(session, store_all, unlimited, context, &reference));
  (void)ignored;
  return verification(outcome, reference, "store-all");
}

Result<Verification> against_file(const Outcome& outcome, const SafetensorsFile& file,
                                  double tolerance) {
  Verification check{.against = file.path(), .tolerance = tolerance, .differences = {}};
  HCB_TRY(check.differences, differences(outcome, file, tolerance));
  for (std::size_t i = 0; i < outcome.tensors.size(); ++i) {
    if (file.find(outcome.tensors[i].name) == nullptr) continue;
    ++(i < outcome.outputs ? check.outputs : check.states);
    check.gradients += outcome.tensors[i].name.ends_with(".grad");
  }
  return check;
}

Result<std::string> results_file(const Session& session, const Outcome& outcome) {
  return safetensors_bytes(outcome.tensors,
                           {{"seed", std::to_string(session.options().torch.seed)}});
}

int exit_code(const Measured& measured) {
  for (const Verification& check : measured.verifications) {
    if (!check.differences.empty()) return static_cast<int>(ErrorKind::check_failed);
  }
  return 0;
}

}  // namespace

Result<int> run_step(const RunInvocation& invocation, const OpenMachine& open, Context& context) {
  HCB_TRY(auto report_file, open_output(invocation.output));
  HCB_TRY(auto results, open_output(invocation.results));
  HCB_TRY(const auto plans, read_plans(invocation.plans));
  std::optional<SafetensorsFile> expected;
  if (!invocation.expect.empty()) {
    HCB_TRY(expected, SafetensorsFile::open(invocation.expect));
  }
  SessionOptions options = invocation.session;
  options.costs = costs_for(options.costs, plans);
  HCB_TRY(const std::unique_ptr<Session> session, Session::open(options, open));
  HCB_TRY(const Contender contender, chosen(invocation, *session, plans, context));
  const MeasureOptions how{.iterations = invocation.iterations,
                           .warmup = invocation.warmup,
                           .memory_limit = invocation.memory_limit};
  Outcome outcome;
  HCB_TRY(Measured measured, measure(*session, contender, how, context, &outcome));
  HCB_TRY(const auto times, time_in_turn(*session, {&contender}, how, context));
  measured.time = times.front();
  if (invocation.verify) {
    HCB_TRY(Verification check, against_store_all(*session, outcome, how, context));
    measured.verifications.push_back(std::move(check));
  }
  if (expected) {
    HCB_TRY(Verification check, against_file(outcome, *expected, invocation.tolerance));
    measured.verifications.push_back(std::move(check));
  }
  if (results) {
    HCB_TRY(const std::string bytes, results_file(*session, outcome));
    HCB_CHECK(finish(results, bytes));
  }
  const RunSetting setting = [&] {
    RunSetting made = setting_of(*session);
    made.memory_limit = invocation.memory_limit;
    return made;
  }();
  const std::string json = run_json(session->graph(), setting, measured);
  HCB_CHECK(finish(report_file, json));
  HCB_CHECK(
      print(invocation.format == "json" ? json : run_text(session->graph(), setting, measured)));
  return exit_code(measured);
}

}  // namespace hcb
