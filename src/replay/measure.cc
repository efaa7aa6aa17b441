#include "replay/measure.h"

#include "base/text.h"

namespace hcb {
namespace {

// Out of memory is said with the plan's prediction for the whole step, too.
Error with_prediction(const Contender& contender, Error error) {
  if (error.kind != ErrorKind::limit) return error;
  if (error.help.empty())
    error.help = "the plan's predicted peak is " + std::to_string(contender.peak) + " bytes";
  return error;
}

}  // namespace

Result<Measured> measure(Session& session, const Contender& contender,
                         const MeasureOptions& options, Context& context, Outcome* outcome) {
  for (std::int64_t i = 0; i < options.warmup; ++i) {
    HCB_CHECK(context.check());
    auto warm = session.run(contender, options.memory_limit);
    if (!warm) return std::unexpected(with_prediction(contender, std::move(warm).error()));
  }
  HCB_CHECK(session.start_over());
  auto run = session.run(contender, options.memory_limit);
  if (!run) return std::unexpected(with_prediction(contender, std::move(run).error()));
  Measured measured{.name = contender.name,
                    .file = contender.file,
                    .executions = contender.program.executions.size(),
                    .predicted_extra = contender.extra_time,
                    .predicted_base = contender.base_time,
                    .run = std::nullopt,
                    .memory = memory_report(session.graph(), *run, contender.peak,
                                            session.loaded().profile.has_value()),
                    .verifications = {},
                    .error = {}};
  measured.device = session.machine().memory();
  if (outcome != nullptr) {
    HCB_TRY(*outcome, capture(session, *run));
  }
  run->outputs.clear();
  measured.run = std::move(*run);
  return measured;
}

Result<std::vector<Timing>> time_in_turn(Session& session,
                                         const std::vector<const Contender*>& contenders,
                                         const MeasureOptions& options, Context& context) {
  std::vector<std::vector<Nanos>> times(contenders.size());
  for (std::int64_t i = 0; i < options.iterations; ++i) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      HCB_CHECK(context.check());
      HCB_TRY(const Nanos time, session.time(*contenders[c], options.memory_limit));
      times[c].push_back(time);
    }
  }
  std::vector<Timing> result;
  result.reserve(times.size());
  for (std::vector<Nanos>& row : times) result.push_back(timing(std::move(row)));
  return result;
}

Verification verification(const Outcome& outcome, const Outcome& reference, std::string against) {
  return {.against = std::move(against),
          .outputs = outcome.outputs,
          .gradients = outcome.gradients,
          .states = outcome.tensors.size() - outcome.outputs,
          .differences = differences(outcome, reference)};
}

}  // namespace hcb
