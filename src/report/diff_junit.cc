// JUnit's XML as CI systems read it: testsuites > testsuite > testcase > failure.
#include <algorithm>

#include <fmt/format.h>

#include "report/diff_forms.h"
#include "report/diff_words.h"

namespace hcb {
namespace {

// Text is printable() already: no control character is left but the line break.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string test_case(const Diff& diff, const LimitOutcome& outcome, const std::string& text) {
  const std::string opening = fmt::format(R"(    <testcase classname="{}" name="{}")",
                                          escaped(sides_words(diff)), escaped(outcome.limit.text));
  if (!outcome.exceeded) return opening + "/>\n";
  return fmt::format("{}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n", opening,
                     escaped(limit_words(outcome)), escaped(text));
}

}  // namespace

std::string diff_junit(const Diff& diff, const Outcomes& outcomes) {
  const std::string text = diff_text(diff, outcomes);
  const auto failures = std::ranges::count(outcomes, true, &LimitOutcome::exceeded);
  std::string cases;
  for (const LimitOutcome& outcome : outcomes) cases += test_case(diff, outcome, text);
  if (outcomes.empty()) {
    cases = fmt::format("    <testcase classname=\"{}\" name=\"compare\"/>\n",
                        escaped(sides_words(diff)));
  }
  const std::size_t tests = std::max<std::size_t>(outcomes.size(), 1);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"hcb diff\" tests=\"{}\" failures=\"{}\">\n"
      "{}"
      "    <system-out>{}</system-out>\n"
      "  </testsuite>\n"
      "</testsuites>\n",
      tests, failures, cases, escaped(text));
}

}  // namespace hcb
