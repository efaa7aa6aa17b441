// Linear programs small enough to solve by hand: values, what a solve counts, bases and rows that
// rest.
#include "schedule/bounds/linear.h"

#include <limits>

#include <doctest/doctest.h>

#include "schedule/bounds/split_program.h"
#include "support/exhaustive.h"

using namespace hcb;

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// min 3 a + 5 b, a + b >= 1
LinearModel one_of_two() {
  return {.cost = {3, 5}, .low = {0, 0}, .high = {1, 1}, .rows = {{{{0, 1}, {1, 1}}, 1}}};
}

}  // namespace

TEST_CASE("a linear program: the cheaper of two, and both where a row asks for both") {
  Context context;
  LinearSolver solver(one_of_two(), kNoLimit);
  const LinearSolution first = solver.solve(context);
  CHECK(first.status == LinearStatus::optimal);
  CHECK(first.objective == doctest::Approx(3));
  CHECK(first.dual == std::vector<double>{3});
  const LinearBasis basis = solver.basis();

  const Row both{{{0, 1}, {1, 1}}, 2};
  CHECK(solver.add_rows({&both, 1}) == 1);
  CHECK(solver.solve(context).objective == doctest::Approx(8));
  solver.set_least(1, -std::numeric_limits<double>::infinity());
  solver.start_from(basis);  // the row that came later is basic in it
  CHECK(solver.solve(context).objective == doctest::Approx(3));
}

TEST_CASE(
    "a linear program counts 20,000 + 250 rows + 12 terms, and 1,000 + 5 rows + terms / 4 an "
    "iteration") {
  Context context;
  LinearSolver solver(one_of_two(), kNoLimit);
  CHECK(solver.solve(context).status == LinearStatus::optimal);
  const std::uint64_t iterations = context.work() - (20'000 + 250 + 12 * 2);
  CHECK(iterations % (1000 + 5 + 2 / 4) == 0);
  CHECK(iterations / 1005 <= 2);
}

TEST_CASE("an integer program is not begun where its first part alone is more than what is left") {
  Context context;
  const auto none = solve_integer(one_of_two(), 0.0, 10, 100'019, context);  // 100,000 + 20 · 1²
  CHECK(none.status == LinearStatus::unknown);
  CHECK(none.value.empty());
  CHECK(context.work() == 0);
  const auto solved = solve_integer(one_of_two(), 0.0, 10, kNoLimit, context);
  CHECK(solved.status == LinearStatus::optimal);
  CHECK(solved.value == std::vector<double>{1, 0});
}

// gap6 at its last node but one with a budget of 6: what the program says does not depend on which
// of its rows it begins with.
TEST_CASE("rows that rest come back where they are violated") {
  const Graph graph = gap6();
  const auto size = rounded_sizes(graph, 1).value();
  const auto system =
      MomentSystem::make(graph, size, 6, {.scope = Scope::given_order, .moments = {NodeId{4}}});
  REQUIRE(system.has_value());
  MomentProgram program(*system, {});
  Context context;
  SplitProgram all(program, program.boxes(), kNoLimit);
  const LinearSolution expected = all.solve(context);
  REQUIRE(expected.status == LinearStatus::optimal);
  CHECK(expected.objective > 0);

  for (std::size_t r = 0; r < program.row_count(); ++r) program.let_rest(r);
  SplitProgram few(program, program.boxes(), kNoLimit);
  CHECK(few.source().empty());
  const LinearSolution same = few.solve(context);
  REQUIRE(same.status == LinearStatus::optimal);
  CHECK(same.objective == doctest::Approx(expected.objective));
  CHECK(few.source().size() <= all.source().size());
  CHECK(same.dual.size() == few.source().size());
}
