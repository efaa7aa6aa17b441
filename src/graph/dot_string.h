// Strings of the DOT language, for all that draws graphs.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace hcb {

// The parts, printable, in one pair of quotes, with quotes and backslashes escaped and a line break
// between the parts.
[[nodiscard]] std::string dot_string(std::initializer_list<std::string_view> parts);

}  // namespace hcb
