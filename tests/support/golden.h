// Golden files: what a text was when a person last looked at it.
#pragma once

#include <string>
#include <string_view>

namespace hcb {

// Compares `text` with the file tests/golden/`path`, byte for byte. Empty: equal; else the first
// line that differs, both ways, and how to accept the new text:
//
//     CHECK(golden_difference(dump_text(graph), "graph/tiny.txt") == "");
//
// With HCB_UPDATE_GOLDEN=1 in the environment the file is written instead, and nothing differs.
[[nodiscard]] std::string golden_difference(std::string_view text, const std::string& path);

}  // namespace hcb
