#include "plan/json_reader.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {

std::string JsonPlace::text() const {
  if (up == nullptr) return {};
  const std::string outer = up->text();  // as deep as the tree: at most kDeepestJson
  if (key.empty()) return fmt::format("{}[{}]", outer, position);
  return outer.empty() ? std::string(key) : fmt::format("{}.{}", outer, key);
}

std::unexpected<Error> JsonReader::wrong(const JsonPlace& place, std::string_view what,
                                         std::string help) const {
  const std::string where = place.text();
  return fail(ErrorKind::bad_input,
              fmt::format("{}: {}{}{}", file_, where, where.empty() ? "" : ": ", what),
              std::move(help));
}

std::unexpected<Error> JsonReader::expected(const JsonPlace& place, std::string_view what,
                                            const Json& found) const {
  return wrong(place, fmt::format("expected {}, found {}", what, shown(found)));
}

const Json* JsonReader::find(const Json& object, std::string_view key) {
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    if (name == key) return &value;
  }
  return nullptr;
}

Result<const Json*> JsonReader::need(const Json& object, const JsonPlace& place,
                                     std::string_view key) const {
  if (!object.is_object()) return expected(place, "an object", object);
  if (const Json* value = find(object, key)) return value;
  return wrong(place, fmt::format("key \"{}\" is missing", key));
}

Result<std::int64_t> JsonReader::integer(const Json& value, const JsonPlace& place,
                                         std::int64_t low, std::int64_t high) const {
  if (!value.is_number_integer()) return expected(place, "an integer", value);
  const bool too_large =
      value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(kMost);
  const std::int64_t number = too_large ? kMost : value.get<std::int64_t>();
  if (!too_large && number >= low && number <= high) return number;
  return wrong(place, fmt::format("{} is out of range ({} … {})", shown(value), low, high));
}

Result<std::string> JsonReader::text(const Json& value, const JsonPlace& place) const {
  if (!value.is_string()) return expected(place, "a string", value);
  return value.get<std::string>();
}

Result<void> JsonReader::row(const Json& value, const JsonPlace& place, std::size_t length) const {
  if (!value.is_array()) return expected(place, "an array", value);
  if (value.size() == length) return {};
  return wrong(place, fmt::format("expected {} entries, found {}", length, value.size()));
}

Result<std::int64_t> JsonReader::entry(const Json& row, const JsonPlace& place, std::size_t i,
                                       std::int64_t low, std::int64_t high) const {
  return integer(row[i], place.at(i), low, high);
}

Result<std::int64_t> JsonReader::count(const Json& object, const JsonPlace& place,
                                       std::string_view key) const {
  HCB_TRY(const Json* const value, need(object, place, key));
  return integer(*value, place.in(key), 0, kMost);
}

Result<std::string> JsonReader::word(const Json& object, const JsonPlace& place,
                                     std::string_view key) const {
  HCB_TRY(const Json* const value, need(object, place, key));
  return text(*value, place.in(key));
}

Result<void> JsonReader::format(const Json& root, const JsonFormat& wanted) const {
  const JsonPlace top;
  if (!root.is_object()) return expected(top, "an object", root);
  const Json* const format = find(root, "format");
  if (format == nullptr || *format != wanted.format) {
    const bool vowel = std::string_view("aeiou").contains(wanted.what.front());
    return wrong(top,
                 fmt::format("not {} {}: key \"format\" is not \"{}\"", vowel ? "an" : "a",
                             wanted.what, wanted.format),
                 std::string(wanted.help_other));
  }
  HCB_TRY(const std::string given, word(root, top, "format_version"));
  return version(given, wanted, top.in("format_version"));
}

Result<void> JsonReader::version(std::string_view given, const JsonFormat& wanted,
                                 const JsonPlace& place) const {
  int major = 0;
  int minor = 0;
  const char* const end = given.data() + given.size();
  const auto [dot, error] = std::from_chars(given.data(), end, major);
  const bool dotted = error == std::errc{} && dot != end && *dot == '.';
  const auto [rest, minor_error] = std::from_chars(dotted ? dot + 1 : end, end, minor);
  if (!dotted || minor_error != std::errc{} || rest != end)
    return wrong(place, fmt::format("expected MAJOR.MINOR, found \"{}\"", printable(given)));
  if (major == wanted.major) return {};
  return wrong({},
               fmt::format("{} format {}; this program reads {}.{} and its minor versions",
                           wanted.what, given, wanted.major, wanted.minor),
               fmt::format("use the version of hcb that wrote the {0}, or {0} again", wanted.what));
}

}  // namespace hcb
