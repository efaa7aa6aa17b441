#include "cli/run.h"

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/process.h"

namespace hcb {
namespace {

Result<int> dispatch(const Invocation& invocation, Context& context) {
  set_verbosity(invocation.verbosity);
  switch (invocation.command) {
    case Command::analyze:
      return run_analyze(invocation, context);
    case Command::plan:
      return run_plan(invocation, context);
    case Command::check:
      return run_check(invocation, context);
    case Command::show:
      return run_show(invocation, context);
  }
  return fail(ErrorKind::internal, "unknown command");
}

Result<int> parse_and_dispatch(int argc, char** argv, Context& context) {
  HCB_TRY(const auto parsed, parse_command_line(argc, argv));
  if (const auto* information = std::get_if<Information>(&parsed)) {
    HCB_CHECK(print(information->text));
    return 0;
  }
  return dispatch(std::get<Invocation>(parsed), context);
}

}  // namespace

int run_hcb(int argc, char** argv) {
  return run_process("hcb",
                     [&](Context& context) { return parse_and_dispatch(argc, argv, context); });
}

}  // namespace hcb
