// A committed plan against a fresh one.
#include "report/committed.h"

#include <doctest/doctest.h>

#include "support/tiny_training.h"

namespace hcb {
namespace {

CommittedReport report(const Plan& committed, const Plan& fresh) {
  auto result = compare_with_fresh(committed, fresh, "c.json");
  REQUIRE_MESSAGE(result, (result ? std::string{} : result.error().message));
  return *std::move(result);
}

Plan bounded() { return test::tiny_bounded_plan(test::tiny_training()); }

TEST_CASE("committed: the same plan") {
  const CommittedReport same = report(bounded(), bounded());
  CHECK(same.same);
  CHECK(same.text == "c.json   is what hcb plan writes now\n");
}

TEST_CASE("committed: another plan, in the words of hcb diff") {
  Plan fresh = bounded();
  fresh.peak = 45;
  const CommittedReport other = report(bounded(), fresh);
  CHECK_FALSE(other.same);
  CHECK(
      other.text.starts_with("c.json   is not what hcb plan writes now\n"
                             "only the plan changed\n"
                             "c.json (tiny) -> a fresh plan (tiny)\n"
                             "peak           46 B -> 45 B             -1 B (-2.2 %)\n"));
}

TEST_CASE("committed: what hcb diff does not compare is named by its key") {
  Plan fresh = bounded();
  fresh.search->work = 1001;
  fresh.meta.clear();
  const CommittedReport other = report(bounded(), fresh);
  CHECK_FALSE(other.same);
  CHECK(other.text.find("\nnothing changed\n") != std::string::npos);
  CHECK(other.text.ends_with("keys           search, meta\n"));
  Plan searched = bounded();
  searched.estimate = 3;
  CHECK(report(searched, bounded()).text.ends_with("keys           estimate_ns\n"));
}

TEST_CASE("committed: a plan of format 1.0 is not asked for what it cannot have") {
  Plan committed = bounded();
  committed.graph.unnamed_fingerprint.clear();
  committed.graph.modules.clear();
  committed.graph.types.clear();
  committed.graph.places.clear();
  CHECK(report(committed, bounded()).same);
}

TEST_CASE("committed: a certificate kept elsewhere is known by its hash") {
  Plan committed = bounded();
  committed.bound->certificate.clear();
  CHECK(report(committed, bounded()).same);
  committed.bound->certificate_hash[0] ^= 1;
  CHECK(report(committed, bounded()).text.ends_with("keys           bound\n"));
}

TEST_CASE("committed: plans for two devices are not compared") {
  Plan committed = bounded();
  committed.options.device = "t4";
  const auto result = compare_with_fresh(committed, bounded(), "c.json");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::bad_input);
}

}  // namespace
}  // namespace hcb
