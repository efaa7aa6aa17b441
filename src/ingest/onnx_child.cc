// fork, rlimits, one pipe. Wire form of the answer: kind (4 bytes, 0 for success), then
// length-prefixed message and help, or the bytes. An answer that does not end in the child's exit 0
// is not trusted. Memory is limited by RLIMIT_DATA and not RLIMIT_AS: the mapping of a model file
// of any size counts towards the latter.
#include "ingest/onnx_child.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

namespace hcb {
namespace {

using Clock = std::chrono::steady_clock;

// ---- in the child

void set_limit(int resource, std::uint64_t value) {
  const rlimit limit{value, value};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

void restrict_child(const ChildLimits& limits) {
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGSEGV, SIGABRT})
    std::signal(number, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, limits.cpu_seconds);
  if (!kUnderAddressSanitizer) set_limit(RLIMIT_DATA, limits.memory);
}

Result<std::string> guarded(const std::string& name,
                            const std::function<Result<std::string>()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::limit, name + ": shape inference ran out of its memory limit");
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, name + ": " + printable(error.what()));
  }
}

void put_text(std::string& out, std::string_view text) {
  const std::uint64_t size = text.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += text;
}

std::string encode(const Result<std::string>& answer) {
  const std::int32_t kind = answer ? 0 : static_cast<std::int32_t>(answer.error().kind);
  std::string out(reinterpret_cast<const char*>(&kind), sizeof kind);
  put_text(out, answer ? *answer : answer.error().message);
  put_text(out, answer ? "" : answer.error().help);
  return out;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// ---- in the parent

std::optional<std::string_view> take_text(std::string_view& bytes) {
  std::uint64_t size = 0;
  if (bytes.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  if (size > bytes.size()) return std::nullopt;
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

std::optional<Result<std::string>> decode(std::string_view bytes) {
  std::int32_t kind = 0;
  if (bytes.size() < sizeof kind) return std::nullopt;
  std::memcpy(&kind, bytes.data(), sizeof kind);
  bytes.remove_prefix(sizeof kind);
  const auto message = take_text(bytes);
  const auto help = message ? take_text(bytes) : std::nullopt;
  if (!help) return std::nullopt;
  if (kind == 0) return Result<std::string>(std::string(*message));
  return Result<std::string>(
      fail(static_cast<ErrorKind>(kind), std::string(*message), std::string(*help)));
}

// Everything until the child closes its end, or nullopt when the deadline passes first.
std::optional<std::string> read_until(int fd, Clock::time_point deadline) {
  std::string all;
  std::string part(1 << 16, '\0');
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd wait{fd, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left));
    if (ready == 0) return std::nullopt;
    if (ready < 0 && errno != EINTR) return all;
    if (ready < 0) continue;
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got == 0) return all;
    if (got > 0) all.append(part.data(), static_cast<std::size_t>(got));
  }
}

std::unexpected<Error> died(const std::string& name, int signal_number) {
  if (signal_number == SIGINT) return fail(ErrorKind::interrupted, "interrupted");
  if (signal_number == SIGXCPU || signal_number == SIGKILL) {
    return fail(ErrorKind::limit,
                name + ": shape inference reached its limit of processor time or memory");
  }
  return fail(ErrorKind::bad_input,
              fmt::format("{}: ONNX shape inference crashed on it (signal {}, {})", name,
                          signal_number, ::strsignal(signal_number)),
              "the model is malformed in a way the ONNX library does not catch");
}

Result<std::string> collect(const std::string& name, const ChildLimits& limits, pid_t child,
                            int fd) {
  const std::optional<std::string> bytes =
      read_until(fd, Clock::now() + std::chrono::seconds(limits.wall_seconds));
  ::close(fd);
  if (!bytes) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!bytes) {
    return fail(ErrorKind::limit,
                fmt::format("{}: shape inference took more than {} s", name, limits.wall_seconds));
  }
  if (WIFSIGNALED(status)) return died(name, WTERMSIG(status));
  const auto answer = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? decode(*bytes) : std::nullopt;
  if (!answer) return fail(ErrorKind::limit, name + ": shape inference ended without an answer");
  return *answer;
}

}  // namespace

Result<std::string> run_in_child(const std::string& name, const ChildLimits& limits,
                                 const std::function<Result<std::string>()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0)
    return fail(ErrorKind::limit, fmt::format("pipe: {}", std::strerror(errno)));
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(ErrorKind::limit, fmt::format("fork: {}", std::strerror(errno)));
  }
  if (child == 0) {
    ::close(ends[0]);
    restrict_child(limits);
    const bool sent = write_all(ends[1], encode(guarded(name, work)));
    ::_exit(sent ? 0 : 1);
  }
  ::close(ends[1]);
  return collect(name, limits, child, ends[0]);
}

}  // namespace hcb
