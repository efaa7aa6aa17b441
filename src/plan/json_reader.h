// Reading fields out of the tree of strict_json.h, with errors that name the file and the place.
// Every reader takes the place it reads from, a chain of keys and positions on the stack that becomes
// text only in a message.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "plan/strict_json.h"

namespace hcb {

// `steps[17][0]`: a key or position inside of `up`.
struct JsonPlace {
  const JsonPlace* up = nullptr;
  std::string_view key;
  std::size_t position = 0;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] JsonPlace in(std::string_view inner) const { return {this, inner, 0}; }
  [[nodiscard]] JsonPlace at(std::size_t inner) const { return {this, {}, inner}; }
};

// `format`: "hcb-plan"; `what`: "plan"; `help_other`: where to get such a file.
struct JsonFormat {
  std::string_view format;
  std::string_view what;
  int major = 1;
  int minor = 0;
  std::string_view help_other;
};

// All errors are bad_input.
class JsonReader {
 public:
  static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kMostId =
      std::numeric_limits<std::uint32_t>::max() - std::int64_t{1};

  explicit JsonReader(const std::string& file) : file_(file) {}

  [[nodiscard]] std::unexpected<Error> wrong(const JsonPlace& place, std::string_view what,
                                             std::string help = {}) const;
  [[nodiscard]] std::unexpected<Error> expected(const JsonPlace& place, std::string_view what,
                                                const Json& found) const;

  // The value of a key, or nullptr. `object` must be one.
  static const Json* find(const Json& object, std::string_view key);
  [[nodiscard]] Result<const Json*> need(const Json& object, const JsonPlace& place,
                                         std::string_view key) const;

  [[nodiscard]] Result<std::int64_t> integer(const Json& value, const JsonPlace& place,
                                             std::int64_t low, std::int64_t high) const;
  [[nodiscard]] Result<std::string> text(const Json& value, const JsonPlace& place) const;
  // A row: an array of exactly `length` items.
  [[nodiscard]] Result<void> row(const Json& value, const JsonPlace& place,
                                 std::size_t length) const;
  [[nodiscard]] Result<std::int64_t> entry(const Json& row, const JsonPlace& place, std::size_t i,
                                           std::int64_t low, std::int64_t high) const;
  // The value of a key: a whole number >= 0; a string.
  [[nodiscard]] Result<std::int64_t> count(const Json& object, const JsonPlace& place,
                                           std::string_view key) const;
  [[nodiscard]] Result<std::string> word(const Json& object, const JsonPlace& place,
                                         std::string_view key) const;

  // An object whose "format" and "format_version" are those of this program or older.
  [[nodiscard]] Result<void> format(const Json& root, const JsonFormat& wanted) const;

  // Calls read(item, place) for every item of an array.
  template <class Read>
  [[nodiscard]] Result<void> each(const Json& array, const JsonPlace& place, Read&& read) const {
    if (!array.is_array()) return expected(place, "an array", array);
    std::size_t i = 0;
    for (const Json& item : array) HCB_CHECK(read(item, place.at(i++)));
    return {};
  }

  template <StrongId Id>
  [[nodiscard]] Result<std::vector<Id>> id_list(const Json& array, const JsonPlace& place) const {
    std::vector<Id> list;
    HCB_CHECK(each(array, place, [&](const Json& item, const JsonPlace& at) -> Result<void> {
      HCB_TRY(const std::int64_t id, integer(item, at, 0, kMostId));
      list.push_back(id_at<Id>(static_cast<std::size_t>(id)));
      return {};
    }));
    return list;
  }

  template <StrongId Id>
  [[nodiscard]] Result<std::vector<Id>> ids_of(const Json& object, const JsonPlace& place,
                                               std::string_view key) const {
    HCB_TRY(const Json* const value, need(object, place, key));
    return id_list<Id>(*value, place.in(key));
  }

 private:
  [[nodiscard]] Result<void> version(std::string_view given, const JsonFormat& wanted,
                                     const JsonPlace& place) const;

  const std::string& file_;
};

}  // namespace hcb
