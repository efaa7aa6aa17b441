// The largest unit chain that fits: its plain peak is L + 3 bytes and its memory bound 5, from L = 2 on
// (tests/support/graphs.h), so every answer can be redone by hand.
#include "schedule/largest.h"

#include <algorithm>
#include <atomic>

#include <doctest/doctest.h>

#include "support/graphs.h"

namespace hcb {
namespace {

FitRequest chains(Bytes budget) {
  FitRequest request{.most = 64, .graph_at = [](std::int64_t length) -> Result<Graph> {
                       return unit_chain(static_cast<std::size_t>(length));
                     }};
  request.options.alignment = 1;
  request.options.effort = Effort::fast;
  request.options.memory_budget = Budget{.bytes = budget};
  return request;
}

LargestFit largest(const FitRequest& request) {
  Context context;
  auto fit = find_largest(request, context);
  REQUIRE(fit.has_value());
  return *std::move(fit);
}

const FitPoint& at(const LargestFit& fit, std::int64_t value) {
  const auto found = std::ranges::find(fit.points, value, &FitPoint::value);
  REQUIRE(found != fit.points.end());
  return *found;
}

TEST_CASE("a value whose memory bound is over the budget is proved not to fit") {
  const LargestFit fit = largest(chains(4));
  CHECK(fit.largest == 1);
  CHECK(fit.as_it_is == 1);
  CHECK(at(fit, 1).kind == FitKind::as_it_is);
  CHECK(at(fit, 1).peak == 4);
  CHECK(at(fit, 2).kind == FitKind::does_not_fit);
  CHECK(at(fit, 2).memory_bound == 5);
  CHECK(at(fit, 2).why == "5 B are needed at backward of f1 (Unit)");
}

TEST_CASE("not even 1 fits") {
  const LargestFit fit = largest(chains(3));
  CHECK(fit.largest == 0);
  CHECK(at(fit, 1).kind == FitKind::does_not_fit);
}

TEST_CASE("plans carry further than the plain step, up to the greatest value asked about") {
  FitRequest request = chains(12);
  request.most = 40;
  const LargestFit fit = largest(request);
  CHECK(fit.as_it_is == 9);  // 9 + 3 = 12
  CHECK(fit.largest == 40);
  CHECK(at(fit, 40).kind == FitKind::with_recomputation);
  CHECK(at(fit, 40).base_peak == 43);
  CHECK(at(fit, 40).peak <= 12);
  CHECK(at(fit, 40).base_time == 81);  // 40 forward, the seed, 40 backward
}

TEST_CASE("the graph that was measured is the one that is planned") {
  FitRequest request = chains(12);
  request.most = 40;
  std::vector<std::int64_t> built;
  request.graph_at = [&, make = request.graph_at](std::int64_t length) {
    built.push_back(length);
    return make(length);
  };
  CHECK(largest(request).largest == 40);
  CHECK(std::ranges::adjacent_find(built) == built.end());
}

// At 10 values 13 bytes are one too many: one of the kept values is made again, from its neighbour,
// in 1 of 21 ns. At 11 two are (2 of 23 ns, 8.7 %).
TEST_CASE("recomputation may be capped, and a bound proves that nothing within the cap fits") {
  FitRequest request = chains(12);
  request.max_extra_permyriad = 500;
  const LargestFit fit = largest(request);
  CHECK(fit.largest == 10);
  CHECK(at(fit, 10).extra_time == 1);
  CHECK(at(fit, 11).kind == FitKind::too_slow);
  CHECK(at(fit, 11).extra_time == 2);
  CHECK(at(fit, 11).bound_extra_time == 2);
  CHECK(at(fit, 11).proved);
  CHECK(at(fit, 10).binds == "backward of f9 (Unit)");  // the moment of the plan's bound
}

TEST_CASE("a value the model has no step for ends the search") {
  FitRequest request = chains(1'000);
  request.graph_at = [](std::int64_t length) -> Result<Graph> {
    if (length > 7) return fail(ErrorKind::bad_input, "Add: 7 and 8 do not broadcast");
    return unit_chain(static_cast<std::size_t>(length));
  };
  const LargestFit fit = largest(request);
  CHECK(fit.largest == 7);
  CHECK(at(fit, 8).kind == FitKind::refused);
  CHECK(at(fit, 8).why == "Add: 7 and 8 do not broadcast");
}

TEST_CASE("a model that has not even a step of 1 is an error") {
  FitRequest request = chains(1'000);
  request.graph_at = [](std::int64_t) -> Result<Graph> {
    return fail(ErrorKind::bad_input, "broken");
  };
  Context context;
  const auto fit = find_largest(request, context);
  REQUIRE(!fit.has_value());
  CHECK(fit.error().message == "broken");
}

TEST_CASE("a person who stops the search is told what was known by then") {
  std::atomic<bool> stop = false;
  FitRequest request = chains(1'000);
  request.graph_at = [&](std::int64_t length) -> Result<Graph> {
    stop = length >= 16;
    return unit_chain(static_cast<std::size_t>(length));
  };
  Context context(&stop);
  const auto fit = find_largest(request, context);
  REQUIRE(fit.has_value());
  CHECK(fit->interrupted);
  CHECK(fit->largest == 16);
}

TEST_CASE("headroom is taken off the budget") {
  FitRequest request = chains(14);
  request.options.headroom = 10;
  CHECK(largest(request).largest == 1);
}

}  // namespace
}  // namespace hcb
