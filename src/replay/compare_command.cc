// `hcb-run compare GRAPH`: contenders side by side, store-all first and once more at the end.
#include "base/atomic_file.h"
#include "cli/output.h"
#include "replay/commands.h"
#include "replay/contenders.h"
#include "replay/measure.h"

namespace hcb {
namespace {

const std::vector<std::string> kDefaultStrategies{"store-all", "periodic", "interval-tree"};

Result<std::vector<Contender>> contenders(const RunInvocation& invocation, Session& session,
                                          const std::vector<PlanFile>& plans, Context& context) {
  std::vector<Contender> all;
  HCB_TRY(Contender store_all, session.store_all());
  all.push_back(std::move(store_all));
  const bool by_default = invocation.strategies.empty() && plans.empty();
  for (const std::string& name : by_default ? kDefaultStrategies : invocation.strategies) {
    if (name == "store-all") continue;
    HCB_TRY(Contender made, strategy_contender(session, invocation.plan, name,
                                               session.machine().granularity(), context));
    all.push_back(std::move(made));
  }
  for (const PlanFile& file : plans) {
    HCB_TRY(Contender made, plan_contender(session, file));
    all.push_back(std::move(made));
  }
  return all;
}

// A contender that runs out of memory is a result; any other failure is one of the comparison.
Result<Measured> measure_or_note(Session& session, const Contender& contender,
                                 const MeasureOptions& options, Context& context,
                                 Outcome& outcome) {
  auto measured = measure(session, contender, options, context, &outcome);
  if (measured || measured.error().kind != ErrorKind::limit) return measured;
  Measured note{.name = contender.name,
                .file = contender.file,
                .run = std::nullopt,
                .memory = {},
                .verifications = {},
                .error = measured.error().message};
  note.executions = contender.program.executions.size();
  return note;
}

struct Comparison {
  std::vector<Measured> measured;
  bool equal = true;
};

Result<Comparison> compare(const RunInvocation& invocation, Session& session,
                           const std::vector<Contender>& all, Context& context) {
  const MeasureOptions how{.iterations = invocation.iterations,
                           .warmup = invocation.warmup,
                           .memory_limit = invocation.memory_limit};
  const MeasureOptions unlimited{.iterations = how.iterations, .warmup = how.warmup};
  Comparison result;
  Outcome reference;
  HCB_TRY(const Measured ignored, measure(session, all.front(), unlimited, context, &reference));
  (void)ignored;
  std::vector<const Contender*> running;
  for (const Contender& contender : all) {
    Outcome outcome;
    HCB_TRY(Measured measured, measure_or_note(session, contender, how, context, outcome));
    if (measured.error.empty()) {
      measured.verifications.push_back(verification(outcome, reference, "store-all"));
      result.equal = result.equal && measured.verifications.back().differences.empty();
      running.push_back(&contender);
    }
    result.measured.push_back(std::move(measured));
  }
  result.measured.push_back(result.measured.front());  // store-all again: the noise
  if (result.measured.front().error.empty()) running.push_back(&all.front());
  HCB_TRY(const auto times, time_in_turn(session, running, how, context));
  std::size_t next = 0;
  for (Measured& measured : result.measured) {
    if (measured.error.empty()) measured.time = times[next++];
  }
  return result;
}

}  // namespace

Result<int> compare_plans(const RunInvocation& invocation, const OpenMachine& open,
                          Context& context) {
  std::optional<AtomicFile> file;
  if (!invocation.output.empty()) {
    HCB_TRY(file, AtomicFile::open(invocation.output));
  }
  HCB_TRY(const auto plans, read_plans(invocation.plans));
  SessionOptions options = invocation.session;
  options.costs = costs_for(options.costs, plans);
  HCB_TRY(const std::unique_ptr<Session> session, Session::open(options, open));
  HCB_TRY(const auto all, contenders(invocation, *session, plans, context));
  HCB_TRY(const Comparison result, compare(invocation, *session, all, context));
  RunSetting setting = setting_of(*session);
  setting.memory_limit = invocation.memory_limit;
  const std::string json = compare_json(session->graph(), setting, result.measured);
  if (file) {
    HCB_CHECK(file->write(json));
    HCB_CHECK(file->commit());
  }
  HCB_CHECK(print(invocation.format == "json" ? json : compare_text(setting, result.measured)));
  return result.equal ? 0 : static_cast<int>(ErrorKind::check_failed);
}

}  // namespace hcb
