// The child's answers, its death and its limits.
#include "ingest/onnx_child.h"

#include <csignal>
#include <stdexcept>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace hcb;

namespace {

Error error_of(const ChildLimits& limits, const std::function<Result<std::string>()>& work) {
  const auto result = run_in_child("m.onnx", limits, work);
  return result ? Error{ErrorKind::internal, "no error", ""} : result.error();
}

}  // namespace

TEST_CASE("what the child returns comes back, however large") {
  const std::string large(10'000'000, 'x');
  const auto result = run_in_child(
      "m.onnx", {}, [&]() -> Result<std::string> { return large + std::string("\0!", 2); });
  REQUIRE(result);
  CHECK(result->size() == 10'000'002);
  CHECK(result->back() == '!');
}

TEST_CASE("an error of the child keeps kind, message and help") {
  const Error error =
      error_of({}, []() -> Result<std::string> { return fail(ErrorKind::usage, "what", "how"); });
  CHECK(error == Error{ErrorKind::usage, "what", "how"});
}

TEST_CASE("an exception is bad input, running out of memory a limit") {
  CHECK(error_of({}, []() -> Result<std::string> { throw std::runtime_error("odd\n"); }) ==
        Error{ErrorKind::bad_input, "m.onnx: odd\\x0a", ""});
  CHECK(error_of({}, []() -> Result<std::string> { throw std::bad_alloc(); }) ==
        Error{ErrorKind::limit, "m.onnx: shape inference ran out of its memory limit", ""});
}

TEST_CASE("a crash names the signal") {
  const Error error = error_of({}, []() -> Result<std::string> {
    ::raise(SIGSEGV);
    return "";
  });
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: ONNX shape inference crashed on it (signal 11, Segmentation fault)");
}

TEST_CASE("Ctrl-C in the child is an interruption") {
  const Error error = error_of({}, []() -> Result<std::string> {
    ::raise(SIGINT);
    return "";
  });
  CHECK(error == Error{ErrorKind::interrupted, "interrupted", ""});
}

TEST_CASE("a child that hangs is ended") {
  const Error error = error_of({.wall_seconds = 1}, []() -> Result<std::string> {
    while (true) ::pause();
  });
  CHECK(error == Error{ErrorKind::limit, "m.onnx: shape inference took more than 1 s", ""});
}

TEST_CASE("a child that computes forever is ended") {
  const Error error = error_of({.cpu_seconds = 1}, []() -> Result<std::string> {
    while (true) asm volatile("");
  });
  CHECK(error == Error{ErrorKind::limit,
                       "m.onnx: shape inference reached its limit of processor time or memory",
                       ""});
}

TEST_CASE("a child that eats memory is ended" * doctest::skip(kUnderAddressSanitizer)) {
  const Error error = error_of({.memory = std::uint64_t{1} << 30}, []() -> Result<std::string> {
    return std::string(std::size_t{2} << 30, 'x');
  });
  CHECK(error ==
        Error{ErrorKind::limit, "m.onnx: shape inference ran out of its memory limit", ""});
}

TEST_CASE("a child that leaves without an answer is noticed") {
  const Error error = error_of({}, []() -> Result<std::string> { ::_exit(0); });
  CHECK(error == Error{ErrorKind::limit, "m.onnx: shape inference ended without an answer", ""});
}
