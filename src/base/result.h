// Errors as values. A function that can fail returns Result<T>; the message names the place, what
// is wrong, the offending value; `help` says what to do. The kind decides the exit code of the
// program that gives up.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace hcb {

// Values are the exit codes of both binaries; where several apply the lowest non-zero wins.
enum class ErrorKind {
  internal = 1,
  usage = 2,
  bad_input = 3,     // unreadable or contradictory input, or something missing (op, weights, dims)
  limit = 4,         // a resource limit was reached without a result
  output = 5,        // an output could not be written
  check_failed = 6,  // a check or verification failed
  differs = 7,       // two things that were to be equal differ
  infeasible = 10,   // proved not to fit
  interrupted = 130,
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string help;  // empty: nothing to add

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

// `return fail(ErrorKind::bad_input, "…", "…");` in any function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message,
                                                 std::string help = {}) {
  return std::unexpected(Error{kind, std::move(message), std::move(help)});
}

}  // namespace hcb

// Evaluates `expression` (a Result); returns its error from the enclosing function, else assigns
// the value.
#define HCB_CONCAT_(a, b) a##b
#define HCB_CONCAT(a, b) HCB_CONCAT_(a, b)
#define HCB_TRY_IMPL_(result, lhs, expression)                    \
  auto result = expression;                                       \
  if (!result) return std::unexpected(std::move(result).error()); \
  lhs = std::move(result).value()
#define HCB_TRY(lhs, ...) HCB_TRY_IMPL_(HCB_CONCAT(hcb_try_, __LINE__), lhs, (__VA_ARGS__))
#define HCB_CHECK(...)                              \
  if (auto hcb_check_ = (__VA_ARGS__); !hcb_check_) \
  return std::unexpected(std::move(hcb_check_).error())
