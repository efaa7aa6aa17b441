#include "replay/command_line.h"

#include <vector>

#include <doctest/doctest.h>

namespace hcb {
namespace {

Result<RunInvocation> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "hcb-run");
  return parse_run_command_line(static_cast<int>(words.size()), words.data());
}

std::string refusal(std::vector<const char*> words) {
  const auto invocation = parse(std::move(words));
  REQUIRE(!invocation);
  CHECK(invocation.error().kind == ErrorKind::usage);
  return invocation.error().message;
}

TEST_CASE("run is the default command") {
  const RunInvocation run = parse({"s.hcb", "--plan", "p.json", "--threads", "2", "--seed", "3",
                                   "--memory-limit", "1KiB", "--costs", "c.json"})
                                .value();
  CHECK(run.command == RunCommand::run);
  CHECK(run.session.graph == "s.hcb");
  CHECK(run.plans == std::vector<std::string>{"p.json"});
  CHECK(run.session.torch.threads == 2);
  CHECK(run.session.torch.seed == 3);
  CHECK(run.session.costs == "c.json");
  CHECK(run.memory_limit == 1024);
  CHECK(run.iterations == 1);
  CHECK(run.warmup == 1);
  CHECK(run.format == "text");
  CHECK(parse({"run", "s.hcb"}).value().command == RunCommand::run);
}

TEST_CASE("Every command has its own defaults and lists") {
  CHECK(parse({"profile", "s.hcb", "-o", "p"}).value().iterations == 5);
  const RunInvocation compare =
      parse({"compare", "s.hcb", "--plans", "a.json,b.json", "--strategies", "periodic"}).value();
  CHECK(compare.iterations == 10);
  CHECK(compare.plans == std::vector<std::string>{"a.json", "b.json"});
  CHECK(compare.strategies == std::vector<std::string>{"periodic"});
  CHECK(parse({"--version"}).value().information == "hcb-run 0.1.0\n");
}

TEST_CASE("Bad words are refused, with the nearest match") {
  CHECK(refusal({}) == "a step is needed: hcb-run GRAPH");
  CHECK(refusal({"compare"}) == "compare needs a GRAPH");
  CHECK(refusal({"profile", "s.hcb"}) == "profile needs -o PROFILE");
  CHECK(refusal({"s.hcb", "--verfy"}) == "unknown option '--verfy', did you mean '--verify'?");
  CHECK(refusal({"s.hcb", "t.hcb"}) == "unexpected argument 't.hcb'");
  CHECK(refusal({"s.hcb", "--format", "jsn"}) ==
        "--format 'jsn': expected one of text, json, did you mean 'json'?");
  CHECK(refusal({"s.hcb", "--threads", "0"}) ==
        "--threads '0': expected a whole number from 1 to 4096");
  CHECK(refusal({"s.hcb", "--seed", "1e3"}) ==
        "--seed '1e3': expected a whole number from 0 to 9223372036854775807");
}

TEST_CASE("A tolerance is between 0 and 1, and of expected results") {
  CHECK(parse({"s.hcb", "--expect", "r"}).value().tolerance == 0);
  CHECK(parse({"s.hcb", "--expect", "r", "--tolerance", "1e-5"}).value().tolerance == 1e-5);
  CHECK(refusal({"s.hcb", "--tolerance", "1e-5"}) ==
        "--tolerance: of what? Give --expect FILE too");
  for (const char* text : {"0", "-1", "1", "nan", "x", "1e-5 "}) {
    CHECK(refusal({"s.hcb", "--expect", "r", "--tolerance", text}) ==
          "--tolerance '" + std::string(text) + "': expected a number between 0 and 1, as 1e-5");
  }
}

}  // namespace
}  // namespace hcb
