// The canonical JSON of the plan of support/tiny_training.h to the letter, round trips, and the
// message for every kind of damage to the text.
#include "plan/json.h"

#include <limits>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "support/tiny_training.h"

namespace hcb {
namespace {

Plan read(const std::string& text) {
  auto plan = plan_from_json(text, "plan.json");
  REQUIRE_MESSAGE(plan, (plan ? std::string{} : plan.error().message));
  return *std::move(plan);
}

std::string error_of(const std::string& text) {
  const auto plan = plan_from_json(text, "plan.json");
  REQUIRE(!plan);
  CHECK(plan.error().kind == ErrorKind::bad_input);
  return plan.error().message;
}

std::string tiny_json() { return plan_to_json(test::tiny_plan(test::tiny_training())); }

// `text` with the first `from` replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string bounded_json() { return plan_to_json(test::tiny_bounded_plan(test::tiny_training())); }

TEST_CASE("a bound is written to the letter, and read back") {
  const std::string text = bounded_json();
  CHECK(text.find(std::string(R"(  "bound": {"extra_time_ns": 5, "scope": "given_order", )"
                              R"("moment": 3, "price": [5,4], "certificate_hash": ")") +
                  text_hash(test::kTinyCertificate) + "\", \"certificate\":\n" +
                  test::kTinyCertificate + R"(},
  "gap_ns": 5,
  "search": {"ended_by": "work_limit", "work": 1000},
  "options")") != std::string::npos);
  CHECK(read(text) == test::tiny_bounded_plan(test::tiny_training()));
}

TEST_CASE("a bound whose certificate is beside the plan is named by its hash") {
  Plan plan = test::tiny_bounded_plan(test::tiny_training());
  plan.bound->certificate_hash = "00112233445566778899aabbccddeeff";
  plan.bound->certificate.clear();
  plan.estimate = 7;
  plan.status = PlanStatus::interrupted;
  const std::string text = plan_to_json(plan);
  CHECK(text.find(R"("certificate_hash": "00112233445566778899aabbccddeeff"},
  "gap_ns": 5,
  "estimate_ns": 7,)") != std::string::npos);
  CHECK(read(text) == plan);
}

TEST_CASE("damage to a bound is named") {
  const std::string text = bounded_json();
  const auto error = [&](std::string_view from, std::string_view to) {
    return error_of(replaced(text, from, to));
  };
  CHECK(error(R"("extra_time_ns": 5,)", R"("extra_time_ns": -5,)") ==
        "plan.json: bound.extra_time_ns: -5 is out of range (0 … 9223372036854775807)");
  CHECK(error(R"("gap_ns": 5)", R"("gap_ns": 4)") ==
        "plan.json: gap_ns: 4, but extra time less bound is 5");
  CHECK(error(R"("scope": "given_order")", R"("scope": "no order")") ==
        "plan.json: bound.scope: expected any_order, given_order or given_order_plain_gaps, found "
        "\"no order\"");
  CHECK(error("[5,4]", "[5,0]") ==
        "plan.json: bound.price[1]: 0 is out of range (1 … 9223372036854775807)");
  CHECK(error("[5,4]", "[5]") == "plan.json: bound.price: expected 2 entries, found 1");
  CHECK(error(R"("moment": 3)", R"("moment": "g3")") ==
        "plan.json: bound.moment: expected an integer, found \"g3\"");
  CHECK(error("work_limit", "boredom") ==
        "plan.json: search.ended_by: expected proved, work_limit, time_limit or interrupted, found "
        "\"boredom\"");
  CHECK(error(test::kTinyCertificate, "[]") ==
        "plan.json: bound.certificate: expected an object, found an array");
  CHECK(error(text_hash(test::kTinyCertificate), "") ==
        "plan.json: bound.certificate_hash: expected a hash, found \"\"");
  CHECK(error(R"("status": "feasible")", R"("status": "best")") ==
        "plan.json: status: expected feasible, over_budget, no_budget, optimal or interrupted, "
        "found \"best\"");
}

TEST_CASE("a plan is written to the letter") {
  CHECK(tiny_json() == R"({
  "format": "hcb-plan",
  "format_version": "1.1",
  "memory_model": 1,
  "strategy": "by-hand",
  "status": "feasible",
  "budget_bytes": 48,
  "peak_bytes": 46,
  "base_peak_bytes": 52,
  "extra_time_ns": 10,
  "base_time_ns": 105,
  "options": {"alignment": ["1"], "memory-budget": ["48"]},
  "meta": {"block_size": 2},
  "save_nodes": [4,5],
  "projection": {"kept": [4,5], "peak_bytes": 46, "extra_time_ns": 10},
  "forward_order": [0,1,2],
  "blocks": [
[0,2,0],
[2,3,16]],
  "interval_tree": [
[0,2,[1,2]],
[0,1,[]],
[1,2,[]]],
  "graph": {
    "name": "tiny",
    "fingerprint": "a9a100bcc95c94d658f3db8195115130",
    "unnamed_fingerprint": "3222c4370a55abe755f835cff3c14d8a",
    "modules": [
""],
    "types": [
"uint8[8]",
"uint8[16]",
"uint8[4]",
"uint8[8], uint8[2]",
"uint8[2]"],
    "places": [
[0,0],
[0,1],
[0,2],
[0,1],
[0,3],
[0,4]],
    "nodes": [
["f1","Opf1","3fa7a81c1688fa2a"],
["f2","Opf2","d67a3ff24eadae21"],
["f3","Opf3","83630d4c7bf9cf94"],
["g3","Opg3","d0b1b500b7bdaacc"],
["g2","Opg2","f9073bbb6dc2cbe8"],
["g1","Opg1","d3a5367794bf0a8f"]],
    "buffers": [
["x",-1,4],
["w1",-1,2],
["w2",-1,2],
["a",0,8],
["b",1,16],
["loss",2,4],
["gb",3,16],
["ga",4,8],
["gw2",4,2],
["gw1",5,2]]
  },
  "steps": [
[0],
[1,3],
[2],
[3,4],
[0],
[4,3,6],
[5,7]]
}
)");
}

TEST_CASE("a plan read back is the same plan, and written again the same text") {
  const Plan plan = test::tiny_plan(test::tiny_training());
  const std::string text = plan_to_json(plan);
  CHECK(read(text) == plan);
  CHECK(plan_to_json(read(text)) == text);
}

TEST_CASE("an empty plan survives") {
  const Plan plan;
  CHECK(read(plan_to_json(plan)) == plan);
}

TEST_CASE("largest numbers, all options and odd names survive") {
  Plan plan = test::tiny_plan(test::tiny_training());
  plan.peak = std::numeric_limits<Bytes>::max();
  plan.budget = -512;  // headroom larger than the budget
  plan.status = PlanStatus::over_budget;
  plan.meta = {{"z", -1}, {"a", 7}, {"a\"b\\c\n\xE2\x82\xAC", 0}};  // order of keys is kept
  plan.steps.insert(plan.steps.begin(), Step::free(BufferId{4294967294}));
  plan.graph.nodes[0] = {"\"quoted\" \\ \t \x01 \xE2\x82\xAC \x7F", "", ~std::uint64_t{0}};
  Options& options = plan.options;
  options.dims = {{"batch", 8}, {"seq=len", 1024}};
  options.input_shapes = {{"pixel values", {8, 3, 224, 224}}};
  options.batch = 32;
  options.outputs = {"logits", "loss"};
  options.train = {"*.weight"};
  options.freeze = {"embed*", "?"};
  options.eval_ops_keep = true;
  options.inference = true;
  options.optimizer = Optimizer::adamw;
  options.device = "cpu";
  options.cost_model = CostModel::fused;
  options.alignment = 64;
  options.headroom = 1 << 20;
  options.memory_budget = Budget{.permyriad = 6250};
  options.strategy = "periodic";
  options.block_size_given = true;
  options.arity = 3;
  CHECK(read(plan_to_json(plan)) == plan);
}

TEST_CASE("bytes that are not UTF-8 are written as replacement characters") {
  Plan plan;
  plan.strategy = "a\xFF";
  CHECK(read(plan_to_json(plan)).strategy == "a\xEF\xBF\xBD");
}

TEST_CASE(
    "a plan of format 1.0 has no places, and is written again as it was but for the version") {
  Plan plan = test::tiny_plan(test::tiny_training());
  plan.graph.unnamed_fingerprint.clear();
  plan.graph.modules.clear();
  plan.graph.types.clear();
  plan.graph.places.clear();
  const std::string text = plan_to_json(plan);
  CHECK(text.find("places") == std::string::npos);
  CHECK(text.find("unnamed") == std::string::npos);
  CHECK(read(replaced(text, R"("1.1")", R"("1.0")")) == plan);
}

TEST_CASE("keys of a later minor version are ignored") {
  const std::string text = replaced(tiny_json(), R"("format_version": "1.1",)",
                                    R"("format_version": "1.7", "later": [{"x": 1}],)");
  const std::string with_option =
      replaced(text, R"("options": {)", R"("options": {"new": ["1"], )");
  CHECK(read(with_option) == test::tiny_plan(test::tiny_training()));
}

struct Damage {
  std::string_view from;
  std::string_view to;
  const char* message;  // behind "plan.json: "
};

const Damage kDamages[] = {
    {R"("format": "hcb-plan")", R"("format": "onnx")",
     R"(not a plan: key "format" is not "hcb-plan")"},
    {R"("1.1")", R"("2.0")", "plan format 2.0; this program reads 1.1 and its minor versions"},
    {R"("1.1")", R"("new")", R"(format_version: expected MAJOR.MINOR, found "new")"},
    {R"("1.1")", R"("1.")", R"(format_version: expected MAJOR.MINOR, found "1.")"},
    {R"("memory_model": 1)", R"("memory_model": 2)",
     "made for memory model 2; this program counts by model 1"},
    {R"("peak_bytes": 46,)", "", R"(key "peak_bytes" is missing)"},
    {R"("peak_bytes": 46,)", R"("peak_bytes": 46, "peak_bytes": 46,)",
     R"(key "peak_bytes" is there twice)"},
    {R"("peak_bytes": 46,)", R"("peak_bytes": -1,)",
     "peak_bytes: -1 is out of range (0 … 9223372036854775807)"},
    {R"("peak_bytes": 46,)", R"("peak_bytes": 9223372036854775808,)",
     "peak_bytes: 9223372036854775808 is out of range (0 … 9223372036854775807)"},
    {R"("peak_bytes": 46,)", R"("peak_bytes": 4.5,)", "peak_bytes: expected an integer, found 4.5"},
    {R"("peak_bytes": 46,)", R"("peak_bytes": 99999999999999999999,)",
     "peak_bytes: expected an integer, found 1e+20"},
    {R"("status": "feasible")", R"("status": "fine")",
     R"(status: expected feasible, over_budget, no_budget, optimal or interrupted, found "fine")"},
    {R"("strategy": "by-hand")", R"("strategy": 3)", "strategy: expected a string, found 3"},
    {R"({"alignment": ["1"])", R"({"alignment": ["0"])",
     "options.alignment[0]: --alignment '0': expected at least 1 byte"},
    {R"({"alignment": ["1"])", R"({"alignment": ["1", "2"])",
     "options.alignment: expected one value, found 2"},
    {R"({"alignment": ["1"])", R"({"alignment": "1")",
     R"(options.alignment: expected an array, found "1")"},
    {R"({"block_size": 2})", "[]", "meta: expected an object, found an array"},
    {R"({"block_size": 2})", R"({"block_size": null})",
     "meta.block_size: expected an integer, found null"},
    {R"("kept": [4,5])", R"("kept": {})", "projection.kept: expected an array, found an object"},
    {"[0,2,0]", "[0,2]", "blocks[0]: expected 3 entries, found 2"},
    {"[0,2,[1,2]]", "[0,2,[1,true]]", "interval_tree[0][2][1]: expected an integer, found true"},
    {"3fa7a81c1688fa2a", "3FA7A81C1688FA2A",
     R"(graph.nodes[0][2]: expected 16 lower-case hex digits, found "3FA7A81C1688FA2A")"},
    {"3fa7a81c1688fa2a", "", R"(graph.nodes[0][2]: expected 16 lower-case hex digits, found "")"},
    {"[0,0],", "[1,0],", "graph.places[0][0]: 1 is out of range (0 … 0)"},
    {"[0,0],", "[0,9],", "graph.places[0][1]: 9 is out of range (0 … 4)"},
    {"[0,0],", "", "graph.places: 5 rows for 6 nodes"},
    {R"("modules": [)", R"("rooms": [)", R"(graph: key "modules" is missing)"},
    {R"("uint8[8]",)", "8,", "graph.types[0]: expected a string, found 8"},
    {R"("unnamed_fingerprint": ")", R"("unnamed_fingerprint": 7, "x": ")",
     "graph.unnamed_fingerprint: expected a string, found 7"},
    {R"(["x",-1,4])", R"(["x",-2,4])", "graph.buffers[0][1]: -2 is out of range (-1 … 4294967294)"},
    {"[1,3]", R"(["x",3])", R"(steps[1][0]: expected an integer, found "x")"},
    {"[1,3]", "[-1,3]", "steps[1][0]: -1 is out of range (0 … 4294967294)"},
    {"[1,3]", "[1,4294967295]", "steps[1][1]: 4294967295 is out of range (0 … 4294967294)"},
    {"[1,3]", "[]", "steps[1]: expected a node and what is freed behind it"},
    {"[1,3]", "7", "steps[1]: expected an array, found 7"},
    {"[1,3]", "[1,\"a text of more than forty characters, cut short\"]",
     "steps[1][1]: expected an integer, found \"a text of more than forty characters, c…"},
};

TEST_CASE("damaged text is refused with its place") {
  for (const Damage& damage : kDamages) {
    CAPTURE(damage.to);
    CHECK(error_of(replaced(tiny_json(), damage.from, damage.to)) ==
          std::string("plan.json: ") + damage.message);
  }
}

TEST_CASE("text that is not JSON is refused with the byte") {
  CHECK(error_of("") ==
        "plan.json: byte 0 (line 1, column 1): not JSON: syntax error while parsing value - "
        "unexpected end of input; expected '[', '{', or a literal");
  CHECK(error_of("{\n  \"a\": 1,\n") ==
        "plan.json: byte 12 (line 3, column 1): not JSON: syntax error while parsing object key - "
        "unexpected end of input; expected string literal");
  CHECK(error_of("[1] 2").starts_with("plan.json: byte 4 (line 1, column 5): not JSON: "));
  CHECK(error_of("{\"a\": \"\xFF\"}").find("invalid string: ill-formed UTF-8 byte") !=
        std::string::npos);
  CHECK(error_of("[]") == "plan.json: expected an object, found an array");
  CHECK(error_of(std::string(1000, '[')) == "plan.json: nested more than 16 deep");
}

TEST_CASE("a plan cut off anywhere is an error") {
  const std::string text = tiny_json();
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    CAPTURE(length);
    CHECK(error_of(text.substr(0, length)).starts_with("plan.json: byte "));
  }
}

}  // namespace
}  // namespace hcb
