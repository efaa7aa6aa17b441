#include "cli/run.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace hcb {
namespace {

std::atomic<bool> cancelled{false};

// The first Ctrl-C asks to stop; the second one ends the process as usual.
void on_interrupt(int) {
  cancelled.store(true, std::memory_order_relaxed);
  std::signal(SIGINT, SIG_DFL);
}

int report(const Error& error) {
  std::fprintf(stderr, "hcb: error: %s\n", error.message.c_str());
  if (!error.help.empty()) std::fprintf(stderr, "help: %s\n", error.help.c_str());
  return static_cast<int>(error.kind);
}

LogLevel log_level(int verbosity) {
  if (verbosity < 0) return LogLevel::quiet;
  if (verbosity == 0) return LogLevel::warning;
  return verbosity == 1 ? LogLevel::info : LogLevel::debug;
}

Result<int> dispatch(const Invocation& invocation) {
  set_log_level(log_level(invocation.verbosity));
  Context context(&cancelled);
  switch (invocation.command) {
    case Command::analyze:
      return run_analyze(invocation, context);
    case Command::plan:
      return run_plan(invocation, context);
    case Command::check:
      return run_check(invocation, context);
  }
  return fail(ErrorKind::internal, "unknown command");
}

Result<int> parse_and_dispatch(int argc, char** argv) {
  HCB_TRY(const auto parsed, parse_command_line(argc, argv));
  if (const auto* information = std::get_if<Information>(&parsed)) {
    HCB_CHECK(print(information->text));
    return 0;
  }
  return dispatch(std::get<Invocation>(parsed));
}

}  // namespace

int run_hcb(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), reported like any other
  std::signal(SIGINT, on_interrupt);
  try {
    const Result<int> code = parse_and_dispatch(argc, argv);
    return code ? *code : report(code.error());
  } catch (const std::bad_alloc&) {
    return report({ErrorKind::limit, "out of memory", ""});
  } catch (const std::exception& error) {
    return report({ErrorKind::internal, std::string("internal error: ") + error.what(),
                   "please report this"});
  }
}

}  // namespace hcb
