#include "cli/process.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/atomic_file.h"
#include "base/log.h"

namespace hcb {
namespace {

std::atomic<bool> cancelled{false};

// The first Ctrl-C asks to stop; the second one ends the process as Ctrl-C usually does (a shell
// says 130), with no half-written file left behind.
void on_interrupt(int) {
  if (!cancelled.exchange(true)) return;
  AtomicFile::remove_temporaries();
  std::signal(SIGINT, SIG_DFL);
  std::raise(SIGINT);
}

int report(std::string_view program, const Error& error) {
  std::fprintf(stderr, "%.*s: error: %s\n", static_cast<int>(program.size()), program.data(),
               error.message.c_str());
  if (!error.help.empty()) std::fprintf(stderr, "help: %s\n", error.help.c_str());
  return static_cast<int>(error.kind);
}

}  // namespace

int run_process(std::string_view program, const std::function<Result<int>(Context&)>& body) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), reported like any other
  std::signal(SIGINT, on_interrupt);
  Context context(&cancelled);
  try {
    const Result<int> code = body(context);
    return code ? *code : report(program, code.error());
  } catch (const std::bad_alloc&) {
    return report(program, {ErrorKind::limit, "out of memory", ""});
  } catch (const std::exception& error) {
    return report(program, {ErrorKind::internal, std::string("internal error: ") + error.what(),
                            "please report this"});
  }
}

void set_verbosity(int verbosity) {
  if (verbosity < 0) return set_log_level(LogLevel::quiet);
  if (verbosity == 0) return set_log_level(LogLevel::warning);
  set_log_level(verbosity == 1 ? LogLevel::info : LogLevel::debug);
}

}  // namespace hcb
