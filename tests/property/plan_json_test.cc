// Both forms of a plan carry all of it, whatever is in it; no damage to their bytes does worse than
// an error.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "plan/fingerprint.h"
#include "plan/json.h"
#include "plan/protobuf.h"
#include "support/graphs.h"

namespace hcb {
namespace {

template <class Id>
std::vector<Id> random_ids(Prng& random) {
  std::vector<Id> ids(random.below(6));
  for (Id& id : ids) id = Id{static_cast<std::uint32_t>(random.below(4294967295))};
  return ids;
}

std::uint32_t random_index(Prng& random) { return static_cast<std::uint32_t>(random.below(100)); }

Bytes random_size(Prng& random) {
  return static_cast<Bytes>(random.next() >> (1 + random.below(63)));
}

std::string random_name(Prng& random) {
  static const std::vector<std::string> pieces{"a", "/", "\"", "\\", "\n", "é", "\x7F", "€", "0"};
  std::string name;
  for (std::size_t i = random.below(8); i > 0; --i) name += pieces[random.below(pieces.size())];
  return name;
}

PlanBound random_bound(Prng& random) {
  PlanBound bound{.extra_time = random_size(random),
                  .scope = static_cast<Scope>(random.below(3)),
                  .certificate = {},
                  .certificate_hash = {}};
  if (random.chance(50)) {
    bound.moment = NodeId{random_index(random)};
    bound.price_time = random_size(random);
    bound.price_bytes = random_size(random) / 2 + 1;
  }
  if (random.chance(30)) bound.certificate = R"({"a":[1,["é",-2]],"b":{}})";
  if (bound.certificate.empty() && random.chance(50)) bound.certificate_hash = "12ab";
  return bound;
}

// Any plan a file can hold; not a valid one.
Plan random_plan(std::uint64_t seed) {
  Prng random(seed);
  Plan plan;
  plan.graph = graph_record(random_training_graph(seed, 1 + random.below(10)));
  plan.graph.nodes[0].name = "é€";
  plan.strategy = "s" + std::to_string(random.below(10));
  plan.status = static_cast<PlanStatus>(random.below(5));
  if (random.chance(50)) plan.budget = random_size(random);
  plan.peak = random_size(random);
  plan.base_peak = random_size(random);
  plan.extra_time = random_size(random);
  plan.base_time = random_size(random);
  if (random.chance(50)) plan.bound = random_bound(random);
  if (random.chance(20)) plan.estimate = random_size(random);
  if (random.chance(50))
    plan.search = SearchEnd{static_cast<StopReason>(random.below(4)), random_size(random)};
  plan.save_nodes = random_ids<BufferId>(random);
  plan.forward_order = random_ids<NodeId>(random);
  for (std::size_t i = random.below(4); i > 0; --i) {
    plan.blocks.push_back({random_index(random), random_index(random), random_size(random)});
    plan.interval_tree.push_back({random_index(random), random_index(random), {}});
    for (std::size_t j = random.below(3); j > 0; --j)
      plan.interval_tree.back().children.push_back(random_index(random));
  }
  if (random.chance(50))
    plan.projection = Projection{random_ids<BufferId>(random), random_size(random), 0};
  plan.meta = {{"b", 1}, {"a", -random_size(random)}};
  for (std::size_t i = random.below(30); i > 0; --i) {
    const auto id = static_cast<std::uint32_t>(random.below(4294967295));
    plan.steps.push_back({random.chance(50) ? StepKind::compute : StepKind::free, id});
  }
  plan.options.alignment = 1 + random_index(random);
  return plan;
}

std::uint64_t any_seed() {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}

TEST_CASE("any plan survives JSON and protobuf") {
  CHECK(rc::check([] {
    const Plan plan = random_plan(any_seed());
    const std::string text = plan_to_json(plan);
    const auto read = plan_from_json(text, "plan.json");
    RC_ASSERT((read && *read == plan));
    RC_ASSERT(plan_to_json(*read) == text);
    RC_ASSERT((plan_from_protobuf(plan_to_protobuf(plan), "plan.pb") == plan));
  }));
}

TEST_CASE("names of any characters survive JSON") {
  CHECK(rc::check([] {
    Prng random(any_seed());
    Plan plan;
    plan.strategy = random_name(random);
    plan.meta = {{random_name(random), 0}};
    plan.graph.nodes = {{random_name(random), random_name(random), 0}};
    RC_ASSERT((plan_from_json(plan_to_json(plan), "plan.json") == plan));
  }));
}

TEST_CASE(
    "damaged bytes give a plan that is written as it is read, or an error that names the file") {
  CHECK(rc::check([] {
    Prng random(any_seed());
    std::string text = plan_to_json(random_plan(any_seed()));
    for (std::size_t i = 1 + random.below(3); i > 0; --i) {
      const std::size_t at = random.below(text.size());
      if (random.chance(50)) {
        text[at] = static_cast<char>(random.below(256));
      } else {
        text.erase(at, 1 + random.below(20));
      }
    }
    const auto read = plan_from_json(text, "plan.json");
    if (!read) {
      RC_ASSERT(read.error().message.starts_with("plan.json: "));
    } else {
      RC_ASSERT((plan_from_json(plan_to_json(*read), "plan.json") == *read));
    }
  }));
}

}  // namespace
}  // namespace hcb
