#include "cli/run.h"

#include "cli/command_line.h"
#include "cli/output.h"
#include "cli/process.h"

namespace hcb {
namespace {

Result<int> parse_and_dispatch(int argc, char** argv, Context& context) {
  HCB_TRY(const auto parsed, parse_command_line(argc, argv));
  if (const auto* information = std::get_if<Information>(&parsed)) {
    HCB_CHECK(print(information->text));
    return 0;
  }
  const auto& [command, invocation] = std::get<Call>(parsed);
  set_verbosity(invocation.verbosity);
  return command->run(invocation, context);
}

}  // namespace

int run_hcb(int argc, char** argv) {
  return run_process("hcb",
                     [&](Context& context) { return parse_and_dispatch(argc, argv, context); });
}

}  // namespace hcb
