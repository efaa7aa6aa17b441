// `hcb explain --format json`: integers and names, fixed key order; every key is documented in
// docs/explain-json.md. Minor versions of the format only add keys.
#pragma once

#include <string>

#include "report/explain.h"

namespace hcb {

// Indented by two blanks, ends with a newline.
[[nodiscard]] std::string explain_json(const Graph& graph, const Explanation& explanation);

}  // namespace hcb
