// Every way a plan can be wrong: the true plan of support/tiny_training.h, damaged in one place.
//
//     step      0    1    2    3    4    5    6
//     runs      f1   f2   f3   g3   f1   g2   g1
//     frees          a         b         a gb  ga
#include "check/check.h"

#include <functional>

#include <doctest/doctest.h>

#include "support/tiny_training.h"

namespace hcb {
namespace {

namespace tiny = test::tiny;
using test::frozen;
using test::tiny_builder;
using test::tiny_plan;
using test::tiny_training;

CheckReport check(const Graph& graph, const Plan& plan) {
  const auto size = rounded_sizes(graph, 1);
  REQUIRE(size);
  return check_plan(graph, *size, plan);
}

std::vector<std::string> messages(const CheckReport& report) {
  std::vector<std::string> out;
  for (const Finding& finding : report.findings) {
    out.push_back(std::string(name(finding.violation)) + ": " + finding.message);
  }
  return out;
}

// The position in plan.steps of the compute of step `k`.
std::size_t position(const Plan& plan, std::size_t k) {
  for (std::size_t i = 0;; ++i) {
    if (plan.steps[i].kind == StepKind::compute && k-- == 0) return i;
  }
}

void erase_free(Plan& plan, std::size_t k, BufferId b) {
  const auto first = plan.steps.begin() + static_cast<std::ptrdiff_t>(position(plan, k));
  plan.steps.erase(std::find(first, plan.steps.end(), Step::free(b)));
}

void insert_behind(Plan& plan, std::size_t k, Step step) {
  const auto at = plan.steps.begin() + static_cast<std::ptrdiff_t>(position(plan, k));
  plan.steps.insert(at + 1, step);
}

TEST_CASE("a true plan has no findings") {
  const Graph graph = tiny_training();
  const CheckReport report = check(graph, tiny_plan(graph));
  CHECK(messages(report) == std::vector<std::string>{});
  CHECK(report.peak == 46);
  CHECK(report.extra_time == 10);
}

struct Damage {
  const char* what;
  std::function<void(Plan&)> apply;
  const char* found;  // the first finding
};

const std::vector<Damage> kStepDamages{
    {"a node that does not exist", [](Plan& p) { p.steps[position(p, 2)].id = 6; },
     "unknown_id: step 2: runs node 6, but the graph has 6 nodes"},
    {"a buffer that does not exist", [](Plan& p) { insert_behind(p, 2, Step{StepKind::free, 10}); },
     "unknown_id: step 2 (run f3): frees buffer 10, but the graph has 10 buffers"},
    {"an input freed too early",
     [](Plan& p) {
       erase_free(p, 5, tiny::a);
       insert_behind(p, 4, Step::free(tiny::a));
     },
     "missing_input: step 5 (run g2): reads a, freed after step 4"},
    {"a recomputation left out",
     [](Plan& p) { p.steps.erase(p.steps.begin() + static_cast<std::ptrdiff_t>(position(p, 4))); },
     "missing_input: step 4 (run g2): reads a, freed after step 1"},
    {"an input nothing makes", [](Plan& p) { p.steps.erase(p.steps.begin()); },
     "missing_input: step 0 (run f2): reads a, which nothing before makes"},
    {"a node before its input", [](Plan& p) { insert_behind(p, 3, Step::compute(tiny::g1)); },
     "missing_input: step 4 (run g1): reads ga, which nothing before makes"},
    {"a recomputation nobody frees", [](Plan& p) { insert_behind(p, 5, Step::compute(tiny::f2)); },
     "bad_free: b, made at step 6, is never freed"},
    {"a node left out",
     [](Plan& p) {
       erase_free(p, 6, tiny::ga);
       p.steps.pop_back();
     },
     "missing_node: node g1 never runs"},
    {"a free twice", [](Plan& p) { insert_behind(p, 6, Step::free(tiny::gb)); },
     "bad_free: step 6 (run g1): frees gb, freed after step 5 already"},
    {"a free of what was never made", [](Plan& p) { insert_behind(p, 0, Step::free(tiny::gw1)); },
     "bad_free: step 0 (run f1): frees gw1, which was never made"},
    {"a free of a resident", [](Plan& p) { insert_behind(p, 0, Step::free(tiny::w1)); },
     "bad_free: step 0 (run f1): frees w1, which is resident"},
    {"a free of an output", [](Plan& p) { insert_behind(p, 6, Step::free(tiny::loss)); },
     "bad_free: step 6 (run g1): frees loss, an output of the graph, for good"},
    {"a free left out at the end", [](Plan& p) { erase_free(p, 6, tiny::ga); },
     "bad_free: ga, made at step 5, is never freed"},
    {"a free left out before a recomputation", [](Plan& p) { erase_free(p, 1, tiny::a); },
     "bad_free: step 4 (recompute f1): makes a, still held since step 0: it must be freed before"},
};

TEST_CASE("damaged steps") {
  const Graph graph = tiny_training();
  for (const Damage& damage : kStepDamages) {
    CAPTURE(damage.what);
    Plan plan = tiny_plan(graph);
    damage.apply(plan);
    const auto found = messages(check(graph, plan));
    REQUIRE(!found.empty());
    CHECK(found.front() == damage.found);
  }
}

}  // namespace
}  // namespace hcb
