// Strong ids and arrays indexed by them.
//
// A node, a value and a buffer are each a dense number 0 … count-1 of their own type, so that data about them are flat
// arrays and mixing two kinds does not compile:
//
//     IdVector<BufferId, Bytes> size(graph.buffer_count());
//     size[buffer] = 4;        // fine
//     size[node]   = 4;        // does not compile
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace hcb {

enum class NodeId : std::uint32_t {};
enum class ValueId : std::uint32_t {};
enum class BufferId : std::uint32_t {};

// "No such thing": never a valid index.
template <class Id>
inline constexpr Id kNone{std::numeric_limits<std::uint32_t>::max()};

template <class Id>
concept StrongId = std::is_enum_v<Id> && std::is_same_v<std::underlying_type_t<Id>, std::uint32_t>;

template <StrongId Id>
[[nodiscard]] constexpr std::size_t index(Id id) {
  return std::to_underlying(id);
}

template <StrongId Id>
[[nodiscard]] constexpr Id id_at(std::size_t i) {
  return Id{static_cast<std::uint32_t>(i)};
}

// All ids 0 … count-1 in order.
template <StrongId Id>
[[nodiscard]] constexpr auto ids(std::size_t count) {
  return std::views::iota(std::size_t{0}, count) | std::views::transform([](std::size_t i) { return id_at<Id>(i); });
}

// std::vector whose subscript is an id.
template <StrongId Id, class T>
class IdVector {
 public:
  IdVector() = default;
  explicit IdVector(std::size_t count, const T& value = T{}) : items_(count, value) {}
  explicit IdVector(std::vector<T> items) : items_(std::move(items)) {}

  decltype(auto) operator[](Id id) { return items_[index(id)]; }
  decltype(auto) operator[](Id id) const { return items_[index(id)]; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  Id push_back(T item) {
    items_.push_back(std::move(item));
    return id_at<Id>(items_.size() - 1);
  }
  void assign(std::size_t count, const T& value) { items_.assign(count, value); }
  void resize(std::size_t count, const T& value = T{}) { items_.resize(count, value); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  [[nodiscard]] const std::vector<T>& items() const { return items_; }
  friend bool operator==(const IdVector&, const IdVector&) = default;

 private:
  std::vector<T> items_;
};

// Compressed sparse rows: for each row id a span of items, all rows in one array. Frozen once built.
template <StrongId Row, class T>
class Csr {
 public:
  Csr() = default;

  // Row r gets the items of every pair (r, item), in the order of the pairs. O(rows + pairs).
  static Csr from_pairs(std::size_t rows, std::span<const std::pair<Row, T>> pairs) {
    Csr csr;
    csr.offset_.assign(rows + 1, 0);
    for (const auto& [row, item] : pairs) ++csr.offset_[index(row) + 1];
    for (std::size_t r = 0; r < rows; ++r) csr.offset_[r + 1] += csr.offset_[r];
    csr.items_.resize(pairs.size());
    std::vector<std::size_t> next(csr.offset_.begin(), csr.offset_.end() - 1);
    for (const auto& [row, item] : pairs) csr.items_[next[index(row)]++] = item;
    return csr;
  }

  // Appends the next row.
  void add_row(std::span<const T> items) {
    if (offset_.empty()) offset_.push_back(0);
    items_.insert(items_.end(), items.begin(), items.end());
    offset_.push_back(items_.size());
  }

  [[nodiscard]] std::span<const T> operator[](Row row) const {
    const std::size_t r = index(row);
    return {items_.data() + offset_[r], offset_[r + 1] - offset_[r]};
  }
  [[nodiscard]] std::size_t rows() const { return offset_.empty() ? 0 : offset_.size() - 1; }
  [[nodiscard]] std::size_t item_count() const { return items_.size(); }

 private:
  std::vector<std::size_t> offset_;
  std::vector<T> items_;
};

}  // namespace hcb
