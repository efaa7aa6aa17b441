// nlohmann's parser (not recursive) drives a handler that builds the tree on an explicit stack, so
// that keys can be compared and nesting counted while reading.
#include "plan/strict_json.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

std::string at_byte(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("byte {} (line {}, column {})", byte, line, before.size() - line_start + 1);
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …" -> "syntax …".
std::string_view without_preamble(std::string_view what) {
  const std::size_t at = what.find(": ");
  return at == std::string_view::npos ? what : what.substr(at + 2);
}

// Builds the tree; returning false from an event stops the parser.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit TreeBuilder(std::size_t deepest) : deepest_(deepest) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    if (!open_.back().keys.insert(value).second) {
      problem_ = fmt::format("key \"{}\" is there twice", printable(value));
      return false;
    }
    key_ = std::move(value);
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception& error) override {
    byte_ = byte == 0 ? 0 : byte - 1;  // the parser counts the bytes read
    problem_ = printable(without_preamble(error.what()));
    return false;
  }

  [[nodiscard]] Json take() && { return std::move(root_); }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::optional<std::size_t> byte() const { return byte_; }

 private:
  struct Open {
    Json* value;
    std::set<std::string> keys;  // of an object
  };

  // Where the next value goes: appended to the open array or object, or the root.
  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back().value;
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    // The map would look for an equal key one by one; `keys` has done so already.
    std::vector<Json::object_t::value_type>& entries = parent.get_ref<Json::object_t&>();
    return &entries.emplace_back(std::move(key_), std::move(value)).second;
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (open_.size() == deepest_) {
      problem_ = fmt::format("nested more than {} deep", deepest_);
      return false;
    }
    open_.push_back({place(std::move(value)), {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t deepest_;
  Json root_;
  std::vector<Open> open_;
  std::string key_;
  std::string problem_;
  std::optional<std::size_t> byte_;
};

std::string cut_short(std::string text) {
  constexpr std::size_t kMost = 40;
  if (text.size() <= kMost) return text;
  return printable(text.substr(0, kMost)) + "…";
}

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& file, std::size_t deepest) {
  TreeBuilder builder(deepest);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder).take();
  const std::string place =
      builder.byte() ? at_byte(text, *builder.byte()) + ": not JSON: " : std::string{};
  return fail(ErrorKind::bad_input, fmt::format("{}: {}{}", file, place, builder.problem()));
}

std::string shown(const Json& value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  return cut_short(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace hcb
