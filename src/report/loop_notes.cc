#include "report/loop_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/words.h"
#include "schedule/scan_plan.h"

namespace hcb {
namespace {

std::string choice_words(const ScanChoice& choice) {
  const std::string lengths =
      choice.lengths.size() > 1 ? fmt::format(" {}", fmt::join(choice.lengths, " x ")) : "";
  return fmt::format("{}{} {} ({} runs of the body)", name(choice.action), lengths,
                     format_bytes(choice.bytes), count_text(choice.runs));
}

}  // namespace

Result<std::vector<std::string>> loop_notes(const std::vector<LoopReport>& loops) {
  std::vector<std::string> notes;
  for (const LoopReport& loop : loops) {
    const Bytes each = loop.residual_bytes / loop.length;
    HCB_TRY(const std::vector<ScanChoice> choices,
            scan_choices({.length = loop.length, .carry = loop.carry_bytes, .residual = each}));
    std::vector<std::string> words;
    for (const ScanChoice& choice : choices) words.push_back(choice_words(choice));
    notes.push_back(fmt::format(
        "{} and its backward {}: {} iterations of {}, carry {}, {} left behind by each, {} of "
        "workspace; {}",
        loop.name, loop.partner, count_text(loop.length), plural(loop.body_nodes, "node"),
        format_bytes(loop.carry_bytes), format_bytes(each), format_bytes(loop.body_workspace),
        fmt::join(words, ", ")));
  }
  return notes;
}

}  // namespace hcb
