// What --fail-on and --max-peak take, and on which side of a limit a byte falls.
#include "report/diff_limits.h"

#include <limits>

#include <doctest/doctest.h>

namespace hcb {
namespace {

Diff figures(Bytes before, Bytes after, Nanos time_before = 100, Nanos time_after = 100) {
  Diff diff{.old_file = "old.json", .new_file = "new.json"};
  diff.figures = {{"peak", Unit::bytes, before, after},
                  {"time", Unit::nanos, time_before, time_after}};
  return diff;
}

bool exceeded(const Diff& diff, std::string_view limits) {
  const auto parsed = parse_limits(limits);
  REQUIRE_MESSAGE(parsed, (parsed ? std::string{} : parsed.error().message));
  const auto outcomes = apply_limits(diff, *parsed);
  REQUIRE(outcomes);
  return any_exceeded(*outcomes);
}

TEST_CASE("a share of OLD: reached is not exceeded") {
  CHECK_FALSE(exceeded(figures(1000, 1020), "peak+2%"));
  CHECK(exceeded(figures(1000, 1021), "peak+2%"));
  CHECK_FALSE(exceeded(figures(1000, 1005), "peak+0.5%"));
  CHECK(exceeded(figures(10000, 10026), "peak+0.25%"));
  CHECK_FALSE(exceeded(figures(1000, 900), "peak+0%"));
  CHECK(exceeded(figures(0, 1), "peak+100%"));
}

TEST_CASE("shares of the largest sizes do not wrap") {
  constexpr Bytes kMost = std::numeric_limits<Bytes>::max();
  CHECK_FALSE(exceeded(figures(kMost, kMost), "peak+2%"));
  CHECK(exceeded(figures(kMost / 2, kMost), "peak+2%"));
  CHECK_FALSE(exceeded(figures(kMost, kMost), "peak+8GiB"));
}

TEST_CASE("amounts: bytes and times") {
  CHECK_FALSE(exceeded(figures(1000, 1024 + 1000), "peak+1KiB"));
  CHECK(exceeded(figures(1000, 1024 + 1001), "peak+1KiB"));
  CHECK_FALSE(exceeded(figures(0, 0, 0, 5'000'000), "time+5ms"));
  CHECK(exceeded(figures(0, 0, 0, 5'000'001), "time+5ms"));
  CHECK_FALSE(exceeded(figures(0, 0, 0, 1'250'000'000), "time+1.25s"));
  CHECK(exceeded(figures(0, 0, 0, 4), "time+3ns"));
  CHECK(exceeded(figures(0, 0, 0, 4001), "time+4us"));
}

TEST_CASE("any change, and one of several limits") {
  Diff diff = figures(1, 1);
  CHECK_FALSE(exceeded(diff, "any"));
  diff.results_changed = true;
  CHECK(exceeded(diff, "peak+2%,any"));
  CHECK_FALSE(exceeded(diff, "peak+2%,time+1%"));
}

TEST_CASE("--max-peak looks at NEW alone") {
  Diff diff = figures(10, 2048);
  diff.figures[0].before.reset();
  const auto outcome = [&](std::string_view size) {
    const auto limit = parse_max_peak(size);
    REQUIRE(limit);
    return apply_limits(diff, {*limit}).value()[0].exceeded;
  };
  CHECK_FALSE(outcome("2KiB"));
  CHECK(outcome("2047"));
}

std::string message_of(std::string_view limits) {
  const auto parsed = parse_limits(limits);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind == ErrorKind::usage);
  CHECK(parsed.error().help ==
        "limits are FIGURE+2%, FIGURE+100MiB, FIGURE+5ms or any, with commas between");
  return parsed.error().message;
}

TEST_CASE("what is no limit is refused") {
  const std::string figures = "there are peak, base-peak, time, extra-time, kept, resident";
  CHECK(message_of("peek+2%") ==
        "--fail-on 'peek+2%': no figure 'peek', did you mean 'peak'?; " + figures);
  CHECK(message_of("peak") == "--fail-on 'peak': how much more? peak+0% allows none");
  CHECK(message_of("peak-2%") == "--fail-on 'peak-2%': no figure 'peak-2%'; " + figures);
  CHECK(message_of("") == "--fail-on '': an empty limit");
  CHECK(message_of("any,") == "--fail-on '': an empty limit");
  for (const char* share : {"peak+%", "peak+2.123%", "peak+-2%", "peak+1e2%", "peak+ 2%"}) {
    CHECK(message_of(share) ==
          std::string("--fail-on '") + share + "': expected a share such as 2% or 0.5%");
  }
  for (const char* size : {"peak+8G", "peak+5ms", "peak+", "peak+-1"}) {
    CHECK(message_of(size) ==
          std::string("--fail-on '") + size + "': expected a share or a size such as 100MiB");
  }
  for (const char* time : {"time+5", "time+3MiB", "time+", "time+9999999999s"}) {
    CHECK(message_of(time) == std::string("--fail-on '") + time +
                                  "': expected a share or a time such as 5ms (ns, us, ms, s)");
  }
}

TEST_CASE("--max-peak takes a size") {
  const auto limit = parse_max_peak("8G");
  REQUIRE_FALSE(limit);
  CHECK(limit.error().kind == ErrorKind::usage);
  CHECK(limit.error().message.starts_with("--max-peak '8G': "));
}

TEST_CASE("a figure that is not there cannot be limited") {
  const auto outcomes = apply_limits(figures(1, 1), *parse_limits("extra-time+1%"));
  REQUIRE_FALSE(outcomes);
  CHECK(outcomes.error().kind == ErrorKind::usage);
  CHECK(outcomes.error().message == "--fail-on 'extra-time+1%': a plan has no extra-time");
}

}  // namespace
}  // namespace hcb
