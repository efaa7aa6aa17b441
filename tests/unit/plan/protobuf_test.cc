// The protobuf twin: there and back, and what a reader refuses.
#include "plan/protobuf.h"

#include <limits>

#include <doctest/doctest.h>

#include "hcb/v1/plan.pb.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

Plan tiny() { return test::tiny_plan(test::tiny_training()); }

v1::Plan parsed(const Plan& plan) {
  v1::Plan message;
  REQUIRE(message.ParseFromString(plan_to_protobuf(plan)));
  return message;
}

std::string error_of(const v1::Plan& message) {
  const auto plan = plan_from_protobuf(message.SerializeAsString(), "plan.pb");
  REQUIRE(!plan);
  CHECK(plan.error().kind == ErrorKind::bad_input);
  return plan.error().message;
}

TEST_CASE("a plan read back is the same plan") {
  Plan plan = tiny();
  plan.options.dims = {{"batch", 8}};
  plan.options.input_shapes = {{"x", {8, 3}}};
  plan.budget = -1;
  plan.peak = std::numeric_limits<Bytes>::max();
  plan.graph.nodes[0].digest = ~std::uint64_t{0};
  Plan apart = test::tiny_bounded_plan(test::tiny_training());
  apart.bound->certificate.clear();
  apart.bound->certificate_hash = "00112233445566778899aabbccddeeff";
  apart.estimate = 7;
  apart.status = PlanStatus::interrupted;
  for (const Plan& written :
       {plan, tiny(), Plan{}, test::tiny_bounded_plan(test::tiny_training()), apart}) {
    const auto read = plan_from_protobuf(plan_to_protobuf(written), "plan.pb");
    REQUIRE(read);
    CHECK(*read == written);
  }
}

TEST_CASE("a newer major version is refused, naming both; a newer minor one is read") {
  v1::Plan message = parsed(tiny());
  message.mutable_version()->set_minor(9);
  message.add_options()->set_name("an option of 1.9");
  CHECK(plan_from_protobuf(message.SerializeAsString(), "plan.pb") == tiny());
  message.mutable_version()->set_major(2);
  CHECK(error_of(message) ==
        "plan.pb: plan format 2.9; this program reads 1.1 and its minor versions");
}

TEST_CASE("damage to a bound is named") {
  const v1::Plan whole = parsed(test::tiny_bounded_plan(test::tiny_training()));
  const auto error = [&](auto&& damage) {
    v1::Plan message = whole;
    damage(message);
    return error_of(message);
  };
  CHECK(error([](v1::Plan& m) { m.mutable_bound()->set_scope("some"); }) ==
        "plan.pb: bound.scope: no scope: some");
  CHECK(error([](v1::Plan& m) { m.mutable_bound()->set_extra_time_ns(-1); }) ==
        "plan.pb: bound.extra_time_ns: -1 is negative");
  CHECK(error([](v1::Plan& m) { m.mutable_bound()->set_price_bytes(0); }) ==
        "plan.pb: bound.price_bytes: 0 is out of range");
  CHECK(error([](v1::Plan& m) { m.mutable_bound()->set_certificate("[1]"); }) ==
        "plan.pb: bound.certificate: no object");
  CHECK(error([](v1::Plan& m) { m.mutable_search()->set_ended_by("rain"); }) ==
        "plan.pb: search.ended_by: no reason: rain");
}

TEST_CASE("damage to the places of nodes is named") {
  v1::Plan message = parsed(tiny());
  message.mutable_graph()->mutable_places(2)->set_type(99);
  CHECK(error_of(message) == "plan.pb: graph.places[2]: no such module or type");
  message = parsed(tiny());
  message.mutable_graph()->mutable_places()->RemoveLast();
  CHECK(error_of(message) == "plan.pb: graph.places: 5 rows for 6 nodes");
}

TEST_CASE("another memory model is refused") {
  v1::Plan message = parsed(tiny());
  message.set_memory_model(2);
  CHECK(error_of(message) == "plan.pb: made for memory model 2; this program counts by model 1");
}

TEST_CASE("steps of a kind to come are refused with their place") {
  v1::Plan message = parsed(tiny());
  message.mutable_steps(2)->mutable_offload()->set_buffer(3);
  CHECK(error_of(message) == "plan.pb: steps[2]: a kind of step this program does not know");
  message = parsed(tiny());
  message.mutable_steps(0)->mutable_compute()->set_variant_plus_one(1);
  CHECK(error_of(message) == "plan.pb: steps[0]: a kind of step this program does not know");
}

TEST_CASE("numbers out of range are refused") {
  v1::Plan message = parsed(tiny());
  message.set_peak_bytes(-5);
  CHECK(error_of(message) == "plan.pb: peak_bytes: -5 is negative");
  message = parsed(tiny());
  message.set_save_nodes(0, std::numeric_limits<std::uint32_t>::max());
  CHECK(error_of(message) == "plan.pb: save_nodes: 4294967295 is out of range");
  message = parsed(tiny());
  message.set_status(v1::PLAN_STATUS_UNSPECIFIED);
  CHECK(error_of(message) == "plan.pb: status: 0 is none this program knows");
}

TEST_CASE("other bytes are no plan") {
  const auto text = plan_from_protobuf("{\"format\"", "plan.pb");
  REQUIRE(!text);
  CHECK(text.error().message == "plan.pb: not a protobuf plan, or cut off");
  const auto empty = plan_from_protobuf("", "plan.pb");
  REQUIRE(!empty);
  CHECK(empty.error().message == "plan.pb: not a plan: it has no version");
}

}  // namespace
}  // namespace hcb
