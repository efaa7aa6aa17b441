#include "replay/hcb_run.h"

#include "cli/output.h"
#include "cli/process.h"
#include "replay/commands.h"

namespace hcb {
namespace {

Result<int> dispatch(const RunInvocation& invocation, const OpenMachine& open, Context& context) {
  set_verbosity(invocation.verbosity);
  switch (invocation.command) {
    case RunCommand::run:
      return run_step(invocation, open, context);
    case RunCommand::profile:
      return profile_step(invocation, open, context);
    case RunCommand::compare:
      return compare_plans(invocation, open, context);
  }
  return fail(ErrorKind::internal, "unknown command");
}

Result<int> parse_and_dispatch(int argc, char** argv, const OpenMachine& open, Context& context) {
  HCB_TRY(const RunInvocation invocation, parse_run_command_line(argc, argv));
  if (invocation.information.empty()) return dispatch(invocation, open, context);
  HCB_CHECK(print(invocation.information));
  return 0;
}

}  // namespace

int run_hcb_run(int argc, char** argv, const OpenMachine& open) {
  return run_process(
      "hcb-run", [&](Context& context) { return parse_and_dispatch(argc, argv, open, context); });
}

}  // namespace hcb
