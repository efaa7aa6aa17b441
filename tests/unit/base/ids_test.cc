#include "base/ids.h"

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/context.h"

namespace hcb {
namespace {

using Names = IdVector<NodeId, std::string>;

// Mixing two kinds of ids does not compile.
static_assert(std::invocable<decltype([](Names& v, NodeId n) -> decltype(v[n]) { return v[n]; }),
                             Names&, NodeId>);
template <class Items, class Id>
concept Subscriptable = requires(Items items, Id id) { items[id]; };
static_assert(Subscriptable<Names, NodeId>);
static_assert(!Subscriptable<Names, ValueId>);
static_assert(!Subscriptable<Names, std::size_t>);
static_assert(!std::is_convertible_v<NodeId, std::size_t>);

TEST_CASE("ids are their index; none is no index of a graph") {
  CHECK(index(NodeId{7}) == 7);
  CHECK(id_at<BufferId>(3) == BufferId{3});
  CHECK(index(kNone<ValueId>) == 4'294'967'295U);
}

TEST_CASE("a range of ids counts up, and iterators jump") {
  std::vector<NodeId> seen;
  for (const NodeId n : ids<NodeId>(3)) seen.push_back(n);
  CHECK(seen == std::vector{NodeId{0}, NodeId{1}, NodeId{2}});
  const auto range = ids<NodeId>(10);
  CHECK(range.size() == 10);
  CHECK(range.end() - range.begin() == 10);
  CHECK(*(range.begin() + 4) == NodeId{4});
  CHECK(range.begin()[9] == NodeId{9});
  CHECK(*std::ranges::lower_bound(range, NodeId{6}) == NodeId{6});
  CHECK(ids<NodeId>(0).begin() == ids<NodeId>(0).end());
}

TEST_CASE("IdVector grows like a vector and is subscripted by its id") {
  Names names(2, "x");
  names[NodeId{1}] = "y";
  CHECK(names.push_back("z") == NodeId{2});
  CHECK(names.items() == std::vector<std::string>{"x", "y", "z"});
  names.resize(4, "w");
  CHECK(names[NodeId{3}] == "w");
  names.assign(1, "a");
  CHECK(names == Names(1, "a"));
}

TEST_CASE("Csr from pairs keeps the order of the pairs in each row") {
  using Rows = Csr<NodeId, ValueId>;
  const std::vector<std::pair<NodeId, ValueId>> pairs{{NodeId{2}, ValueId{9}},
                                                      {NodeId{0}, ValueId{5}},
                                                      {NodeId{2}, ValueId{1}},
                                                      {NodeId{0}, ValueId{5}}};
  const Rows rows = Rows::from_pairs(4, pairs);
  CHECK(rows.rows() == 4);
  CHECK(rows.item_count() == 4);
  const auto row = [&](std::uint32_t n) {
    return std::vector(rows[NodeId{n}].begin(), rows[NodeId{n}].end());
  };
  CHECK(row(0) == std::vector{ValueId{5}, ValueId{5}});
  CHECK(row(1).empty());
  CHECK(row(2) == std::vector{ValueId{9}, ValueId{1}});
  CHECK(row(3).empty());
}

TEST_CASE("Csr row by row") {
  Csr<BufferId, int> rows;
  CHECK(rows.rows() == 0);
  rows.add_row(std::vector{1, 2});
  rows.add_row({});
  rows.add_row(std::vector{3});
  CHECK(rows.rows() == 3);
  CHECK(rows[BufferId{0}].size() == 2);
  CHECK(rows[BufferId{1}].empty());
  CHECK(rows[BufferId{2}][0] == 3);
}

TEST_CASE("Csr without rows") {
  CHECK(Csr<NodeId, int>::from_pairs(0, {}).rows() == 0);
  CHECK(Csr<NodeId, int>{}.item_count() == 0);
}

TEST_CASE("a context counts work, and says when a person asked to stop") {
  Context free;
  free.count(5);
  free.count(2);
  CHECK(free.work() == 7);
  CHECK_FALSE(free.exhausted());
  CHECK(free.check().has_value());

  std::atomic<bool> cancelled = false;
  Context limited(&cancelled, 10);
  limited.count(9);
  CHECK_FALSE(limited.exhausted());
  limited.count(1);
  CHECK(limited.exhausted());
  CHECK(limited.check().has_value());
  cancelled = true;
  CHECK(limited.cancelled());
  CHECK(limited.check().error() == Error{ErrorKind::interrupted, "interrupted", {}});
}

}  // namespace
}  // namespace hcb
