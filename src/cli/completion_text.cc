#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/completion.h"

namespace hcb {

Result<std::string> completion_text(const ProgramOutline& outline, std::string_view word) {
  if (word == "bash") return bash_completion(outline);
  if (word == "zsh") return zsh_completion(outline);
  if (word == "fish") return fish_completion(outline);
  if (word == "man") return man_page(outline);
  const std::vector<std::string> known = split(kCompletionWords, '|');
  return fail(ErrorKind::usage,
              fmt::format("'{}': expected one of {}{}", word, fmt::join(known, ", "),
                          did_you_mean(word, known)),
              fmt::format("{} completion --help", outline.name));
}

}  // namespace hcb
