// Certificates by hand, and what the checker says to altered ones.
#include "check/certificate.h"

#include <doctest/doctest.h>

#include "support/tiny_training.h"

using namespace hcb;
using hcb::test::tiny_training;
namespace tiny = hcb::test::tiny;

namespace {

constexpr auto kNode = kNone<NodeId>;

// At g3 under 46 bytes C = 46 - 8 (residents) - 16 (b) - 16 (gb) = 6; the loss (4) and a (8) are
// needed later. In units of 5 ns f1 costs 2, f3 costs 1 and needs b, which is there. With D = 16:
//
//     4 · capacity         -4 · (4 x[loss] + 8 x[a])  >= -24
//     16 · need loss       16 x[loss] + 16 r[f3]      >= 16      (r[f3] costs D · 1 = 16)
//     32 · need a          32 x[a] + 32 r[f1]         >= 32      (r[f1] costs D · 2 = 32)
//
// d: x[loss] 16 - 16 = 0, x[a] 32 - 32 = 0, r[f3] 0, r[f1] 0; L = 48 - 24 = 24 = 1.5 units, so 2.
Certificate by_hand() {
  Certificate proof;
  proof.spec = {.scope = Scope::given_order, .moments = {tiny::g3}};
  proof.budget = 46;
  proof.denominator_log2 = 4;
  proof.pool = {{{{RowKind::capacity, 0, kNode}, 4},
                 {{RowKind::need, 0, kNode, tiny::loss}, 16},
                 {{RowKind::need, 0, kNode, tiny::a}, 32}}};
  proof.tree = {ProofNode{}};
  return proof;
}

Result<CertifiedBound> checked(const Certificate& proof) {
  const Graph graph = tiny_training();
  return verify(graph, rounded_sizes(graph, 1).value(), proof);
}

std::string problem(const Certificate& proof) {
  const auto result = checked(proof);
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("a certificate by hand proves 10 ns, rounded up to the unit of 5") {
  const CertifiedBound bound = checked(by_hand()).value();
  CHECK(bound.extra_time == 10);
  CHECK(bound.scope == Scope::given_order);
  CHECK_FALSE(bound.infeasible);
}

TEST_CASE("another multiplier proves less, never more than the truth") {
  for (const std::int64_t value : {0, 1, 31, 33, 64, 1000}) {
    Certificate proof = by_hand();
    proof.pool[0][2].value = value;
    CHECK(checked(proof).value().extra_time <= 10);
  }
}

TEST_CASE("a split of one variable tightens its box") {
  // r[f1] <= 0: then x[a] = 1 takes 8 of 6 bytes, empty. r[f1] >= 1: costs 2 units by itself.
  Certificate proof = by_hand();
  proof.pool = {{{{RowKind::capacity, 0, kNode}, 1}, {{RowKind::need, 0, kNode, tiny::a}, 8}}, {}};
  const VariableRef f1{VariableRef::Kind::r, 0, 0};
  proof.tree = {{.split = {f1}}, {.multipliers = 0, .infeasible = true}, {.multipliers = 1}};
  CHECK(checked(proof).value().extra_time == 10);
  proof.tree[1].infeasible = false;
  CHECK(checked(proof).value().extra_time < 10);
}

TEST_CASE("a proof for plain gaps never says that nothing fits") {
  const CertifiedBound none{.infeasible = true};
  CHECK(decides_that_nothing_fits(none, false));
  CHECK_FALSE(decides_that_nothing_fits({.infeasible = false}, true));
  const CertifiedBound kept{.scope = Scope::given_order, .infeasible = true};
  CHECK(decides_that_nothing_fits(kept, true));
  CHECK_FALSE(decides_that_nothing_fits(kept, false));
  const CertifiedBound plain{.scope = Scope::given_order_plain_gaps, .infeasible = true};
  CHECK_FALSE(decides_that_nothing_fits(plain, true));
  CHECK_FALSE(decides_that_nothing_fits(plain, false));
}

TEST_CASE("outputs that do not fit together prove that nothing fits") {
  // Outputs: loss 4, gw1, gw2, gw3 2 each; with residents of 8 that is more than 17.
  Certificate proof = by_hand();
  proof.budget = 12;
  proof.pool = {{{{RowKind::end, 0, kNode}, 1}}};
  proof.tree = {{.infeasible = true}};
  CHECK(checked(proof).value().infeasible);
  proof.budget = 46;
  CHECK(problem(proof) == "certificate: leaf 0 is not shown to be empty");
}

TEST_CASE("what is no proof is refused with its place") {
  Certificate proof = by_hand();
  proof.tree.clear();
  CHECK(problem(proof) == "certificate: the tree is not complete");
  proof = by_hand();
  proof.tree.push_back({});
  CHECK(problem(proof) == "certificate: tree node 1 hangs nowhere");
  proof = by_hand();
  proof.pool[0][1].value = -1;
  CHECK(problem(proof) == "certificate: multiplier -1 in list 0");
  proof = by_hand();
  proof.pool[0][1].row.buffer = tiny::b;  // g3 reads it
  CHECK(problem(proof) == "certificate: leaf 0: no row need at 0 of node -1 and buffer 4");
  proof = by_hand();
  proof.tree[0].multipliers = 1;
  CHECK(problem(proof) == "certificate: leaf 0: names no list of multipliers");
  proof = by_hand();
  proof.tree[0].infeasible = true;
  proof.pool[0].clear();
  CHECK(problem(proof) == "certificate: leaf 0 is not shown to be empty");
  proof = by_hand();
  proof.tree[0].split_multipliers = {{0, 1}};
  CHECK(problem(proof) == "certificate: leaf 0: no split at depth 0");
  proof = by_hand();
  proof.spec.moments = {tiny::g3, tiny::f1};
  CHECK(problem(proof) == "certificate: moment 1 is not behind the one before it");
  proof.spec.scope = Scope::any_order;
  proof.spec.moments = {tiny::f3, tiny::g3};  // f3 is no ancestor of g3
  CHECK(problem(proof) == "certificate: moment 0 is no ancestor of the next one");
  proof.spec.moments = {tiny::g3};
  proof.spec.instants = {{0, tiny::f1}};
  CHECK(problem(proof) == "certificate: instants in scope any_order");
}

// At g3 8 bytes are left for a (8) and loss (4): 8 x[a] + 4 x[loss] <= 6 in by_hand()'s 46 bytes.
// With 8 times x[a] + r[f1] >= 1 and 4 times x[loss] + r[f3] >= 1: 8 r[f1] + 4 r[f3] >= 6. By 4 (q 1,
// f 2): 2·2 r[f1] + 2 r[f3] >= 4, that is 2 r[f1] + r[f3] >= 2, so 2 units of 5 ns where the sum says
// 1.5.
TEST_CASE("a rounded row proves what the sum of its rows does not") {
  const RowRef capacity{RowKind::capacity, 0, kNode};
  const RowRef need_a{RowKind::need, 0, kNode, tiny::a};
  const RowRef need_loss{RowKind::need, 0, kNode, tiny::loss};
  Certificate proof = by_hand();
  proof.denominator_log2 = 0;
  proof.rounded = {{.sum = {{capacity, 1}, {need_a, 8}, {need_loss, 4}}, .divisor = 4}};
  proof.pool = {{{{RowKind::rounded, 0}, 1}}};
  CHECK(checked(proof).value().extra_time == 10);
  CHECK(certificate_from_json(to_json(proof)).value() == proof);

  proof.rounded[0].divisor = 3;  // 6 = 3 · 2
  CHECK(problem(proof) == "certificate: a rounded row has nothing to round");
  proof.rounded[0].divisor = 0;
  CHECK(problem(proof) == "certificate: divisor 0 of a rounded row");
  proof.rounded[0].divisor = 4;
  proof.rounded[0].flipped = {{VariableRef::Kind::x, 0, 3}};  // a: cancelled in the sum
  CHECK(problem(proof) == "certificate: a rounded row flips a variable it does not have, or twice");
  proof.rounded[0].flipped.clear();
  proof.rounded[0].sum[2].value = -4;
  CHECK(problem(proof) == "certificate: multiplier -4 in a rounded row");
  proof.rounded[0].sum[2] = {{RowKind::rounded, 0}, 1};
  CHECK(problem(proof) == "certificate: no rounded row 0 before the one that uses it");
  proof.rounded.clear();
  CHECK(problem(proof) == "certificate: leaf 0: no rounded row 0");
}

TEST_CASE("certificates survive JSON byte by byte") {
  Certificate proof = by_hand();
  proof.tree = {{.split = {{VariableRef::Kind::x, 0, 3}, {VariableRef::Kind::t, 0, 1}}, .most = 1},
                {.split_multipliers = {{0, 7}}},
                {.multipliers = 0, .infeasible = true}};
  const std::string text = to_json(proof);
  const auto again = certificate_from_json(text);
  REQUIRE(again);
  CHECK(*again == proof);
  CHECK(to_json(*again) == text);
}

TEST_CASE("JSON that is no certificate is refused") {
  CHECK(certificate_from_json("[").error().message == "bound certificate: is not JSON");
  CHECK(certificate_from_json("{}").error().message == "bound certificate: has no 'format'");
  std::string text = to_json(by_hand());
  text.replace(text.find("\"leaf\""), 6, "\"loaf\"");
  CHECK(certificate_from_json(text).error().message ==
        "bound certificate: no kind of tree node: loaf");
}
