// GitHub's workflow commands: one line each, "::error title=…::message", where % and line breaks are
// escaped, and : and , too inside of a title.
#include <algorithm>

#include <fmt/format.h>

#include "report/diff_forms.h"
#include "report/diff_words.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kNamed = 3;

std::string escaped(std::string_view text, std::string_view also) {
  std::string safe;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || also.contains(c);
    safe += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return safe;
}

std::string command(std::string_view kind, std::string_view title, std::string_view message) {
  return fmt::format("::{} title={}::{}\n", kind, escaped(title, ":,"), escaped(message, ""));
}

// "grew most: /fc1/MatMul (MatMul in fc1) 64 B -> 128 B; …"
std::string grown_words(const Diff& diff) {
  const auto grew = ops_that(diff, OpChange::grew);
  std::string text;
  for (std::size_t i = 0; i < std::min(grew.size(), kNamed); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "\ngrew most: " : "; ", op_words(grew[i]->op),
                        op_bytes_words(*grew[i]));
  }
  if (grew.size() > kNamed) text += fmt::format("; and {} more", grew.size() - kNamed);
  return text;
}

}  // namespace

std::string diff_github(const Diff& diff, const Outcomes& outcomes) {
  std::string text;
  for (const LimitOutcome& outcome : outcomes) {
    if (!outcome.exceeded) continue;
    text += command("error", "hcb diff: " + outcome.limit.text,
                    limit_words(outcome) + "\n" + headline(diff) + grown_words(diff));
  }
  if (text.empty() && diff.any()) text = command("notice", "hcb diff", headline(diff));
  return text + diff_text(diff, outcomes);
}

}  // namespace hcb
