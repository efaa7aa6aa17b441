// JSON text to a tree, stricter than the library: duplicate keys, nesting beyond a cap and anything
// behind the value are errors with a byte offset; the order of keys is kept.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hcb {

using Json = nlohmann::ordered_json;

inline constexpr std::size_t kDeepestJson = 16;

// `file` is for messages: "plan.json: byte 17 (line 2, column 3): …"; `deepest`: nesting that is
// still read. O(|text| log keys).
[[nodiscard]] Result<Json> parse_json(std::string_view text, const std::string& file,
                                      std::size_t deepest = kDeepestJson);

// The value as a message shows it: at most 40 characters of its text, or "an array", "an object".
[[nodiscard]] std::string shown(const Json& value);

}  // namespace hcb
