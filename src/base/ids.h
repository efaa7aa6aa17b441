// Strong ids and arrays indexed by them.
//
// A node, a value and a buffer are each a dense number 0 … count-1 of their own type, so that data
// about them are flat arrays and mixing two kinds does not compile:
//
//     IdVector<BufferId, Bytes> size(graph.buffer_count());
//     size[buffer] = 4;        // fine
//     size[node]   = 4;        // does not compile
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <type_traits>
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

// The ids [0, count) in order, as a range.
template <StrongId Id>
class IdRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = Id;
    using difference_type = std::ptrdiff_t;
    using pointer = const Id*;
    using reference = Id;

    Iterator() = default;
    explicit Iterator(std::size_t at) : at_(at) {}
    Id operator*() const { return id_at<Id>(at_); }
    Id operator[](difference_type n) const { return *(*this + n); }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this -= 1; }
    Iterator operator++(int) { return std::exchange(*this, *this + 1); }
    Iterator operator--(int) { return std::exchange(*this, *this - 1); }
    Iterator& operator+=(difference_type n) { return at_ += static_cast<std::size_t>(n), *this; }
    Iterator& operator-=(difference_type n) { return *this += -n; }
    friend Iterator operator+(Iterator i, difference_type n) { return i += n; }
    friend Iterator operator+(difference_type n, Iterator i) { return i += n; }
    friend Iterator operator-(Iterator i, difference_type n) { return i -= n; }
    friend difference_type operator-(Iterator a, Iterator b) {
      return static_cast<difference_type>(a.at_ - b.at_);
    }
    friend auto operator<=>(const Iterator&, const Iterator&) = default;

   private:
    std::size_t at_ = 0;
  };

  explicit IdRange(std::size_t count) : count_(count) {}
  [[nodiscard]] Iterator begin() const { return Iterator(0); }
  [[nodiscard]] Iterator end() const { return Iterator(count_); }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  std::size_t count_;
};

template <StrongId Id>
[[nodiscard]] IdRange<Id> ids(std::size_t count) {
  return IdRange<Id>(count);
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

// Compressed sparse rows: for each row id a span of items, all rows in one array. Frozen once
// built.
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
