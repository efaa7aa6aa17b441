// Matching and comparing random plans: what holds whatever the graphs are.
#include "report/diff.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "plan/fingerprint.h"
#include "plan/json.h"
#include "report/diff_forms.h"
#include "report/diff_match.h"
#include "support/graphs.h"

namespace hcb {
namespace {

Graph random_graph(std::uint64_t seed) {
  return random_training_graph(seed, 1 + static_cast<std::size_t>(seed % 12));
}

// A record in which names, ops, modules and types repeat, as they do in models.
GraphRecord scrambled(std::uint64_t seed) {
  Prng random(seed);
  GraphRecord record = graph_record(random_graph(seed));
  record.fingerprint = record.unnamed_fingerprint = std::to_string(seed);
  record.modules = {"", "a", "b"};
  record.types = {"float32[1]", "float32[2]"};
  for (NodePlace& place : record.places) {
    place = {static_cast<std::uint32_t>(random.below(3)),
             static_cast<std::uint32_t>(random.below(2))};
  }
  for (NodeRecord& node : record.nodes) {
    node.op = std::string(1, static_cast<char>('A' + random.below(3)));
    node.name = std::string(1, static_cast<char>('a' + random.below(10)));
  }
  return record;
}

DiffSide side_of(const Graph& graph, std::uint64_t seed) {
  Prng random(seed);
  Plan plan;
  plan.graph = graph_record(graph);
  std::vector<NodeId> sequence(graph.nodes().begin(), graph.nodes().end());
  for (std::size_t i = random.below(4); i > 0; --i)
    sequence.push_back(sequence[random.below(sequence.size())]);
  plan.steps = with_frees(graph, sequence);
  plan.save_nodes = saved_at_turn(graph, plan.steps);
  auto side = side_of_plan(std::move(plan), "p.json");
  RC_ASSERT(side.has_value());
  return *std::move(side);
}

TEST_CASE("matching pairs nodes of one op, each at most once, both ways") {
  CHECK(rc::check([](std::uint64_t seed, std::uint64_t other) {
    const GraphRecord before = scrambled(seed);
    const GraphRecord after = scrambled(other + 1000);
    const NodeMatch match = match_nodes(before, after);
    for (std::size_t n = 0; n < before.nodes.size(); ++n) {
      if (match.to_new[n] == kNone<NodeId>) continue;
      RC_ASSERT(match.to_old[index(match.to_new[n])] == id_at<NodeId>(n));
      RC_ASSERT(before.nodes[n].op == after.nodes[index(match.to_new[n])].op);
    }
    const auto pairs = [](const std::vector<NodeId>& list) {
      return list.size() - static_cast<std::size_t>(std::ranges::count(list, kNone<NodeId>));
    };
    RC_ASSERT(pairs(match.to_new) == pairs(match.to_old));
  }));
}

TEST_CASE("of one module and op as many are matched as both sides have") {
  CHECK(rc::check([](std::uint64_t seed, std::uint64_t other) {
    const GraphRecord before = scrambled(seed);
    const GraphRecord after = scrambled(other + 1000);
    const NodeMatch match = match_nodes(before, after);
    const auto left = [](const GraphRecord& record, const std::vector<NodeId>& partner) {
      std::vector<std::string> keys;
      for (std::size_t n = 0; n < partner.size(); ++n) {
        if (partner[n] != kNone<NodeId>) continue;
        keys.push_back(record.modules[record.places[n].module] + "/" + record.nodes[n].op);
      }
      return keys;
    };
    const auto left_after = left(after, match.to_old);
    for (const std::string& key : left(before, match.to_new))
      RC_ASSERT(std::ranges::find(left_after, key) == left_after.end());
  }));
}

TEST_CASE("a plan compared with itself: nothing changed") {
  CHECK(rc::check([](std::uint64_t seed) {
    const DiffSide side = side_of(random_graph(seed), seed);
    const Diff diff = compare(side, side);
    RC_ASSERT(!diff.any());
    RC_ASSERT(diff.renamed == 0U);
  }));
}

TEST_CASE("comparing the other way round finds the same") {
  CHECK(rc::check([](std::uint64_t seed, std::uint64_t other) {
    const DiffSide a = side_of(random_graph(seed), seed);
    const DiffSide b = side_of(random_graph(other), other + 1);
    const Diff there = compare(a, b);
    const Diff back = compare(b, a);
    const auto count = [](const Diff& diff, OpChange change) {
      return std::ranges::count(diff.ops, change, &OpPair::change);
    };
    RC_ASSERT(there.graph_changed == back.graph_changed);
    RC_ASSERT(count(there, OpChange::added) == count(back, OpChange::removed));
    RC_ASSERT(there.recomputed.size() == back.recomputed.size());
    RC_ASSERT(there.kept.size() == back.kept.size());
    RC_ASSERT(there.order.has_value() == back.order.has_value());
    RC_ASSERT(diff_json(there, {}) == diff_json(compare(a, b), {}));
  }));
}

TEST_CASE("no damage to a plan's text does worse than an error") {
  CHECK(rc::check([](std::uint64_t seed) {
    Prng random(seed);
    const Graph graph = random_graph(seed);
    Plan plan;
    plan.graph = graph_record(graph);
    plan.steps = with_frees(graph, std::vector<NodeId>(graph.nodes().begin(), graph.nodes().end()));
    std::string text = plan_to_json(plan);
    const std::string digits = "0123456789-";
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = text.find_first_of(digits, random.below(text.size()));
      if (at != std::string::npos) text[at] = digits[random.below(digits.size())];
    }
    const auto read = plan_from_json(text, "p.json");
    if (!read) return;
    const auto side = side_of_plan(*read, "p.json");
    if (side) (void)diff_text(compare(side_of(graph, seed), *side), {});
  }));
}

}  // namespace
}  // namespace hcb
