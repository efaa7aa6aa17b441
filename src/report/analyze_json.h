// `hcb analyze --format json`: what the first screen says, for programs. Integers and names only,
// fixed key order; every key is documented in docs/analyze-json.md. Minor versions of the format
// only add keys.
#pragma once

#include <string>

#include "report/verdict.h"

namespace hcb {

// Version of the report's format.
inline constexpr int kAnalysisFormatMajor = 1;
inline constexpr int kAnalysisFormatMinor = 2;

// Indented by two blanks, ends with a newline. Names that are not UTF-8 are made printable first.
[[nodiscard]] std::string analyze_json(const Analysis& analysis, const Outlook& outlook,
                                       const Options& options);

}  // namespace hcb
