// `hcb completion bash|zsh|fish|man`: what the command line takes, as a shell or a person reads it.
#include "cli/completion.h"

#include "cli/command_line.h"
#include "cli/ordering.h"
#include "cli/output.h"
#include "generate/generate.h"
#include "ops/device.h"
#include "schedule/strategy.h"

namespace hcb {
namespace {

template <class Range>
std::vector<std::string> names_of(const Range& range) {
  std::vector<std::string> names;
  for (const auto& entry : range) names.emplace_back(entry.name);
  return names;
}

}  // namespace

std::vector<std::string> strategy_names() { return names_of(strategies()); }

Result<int> run_completion(const Invocation& invocation, Context& /*context*/) {
  ProgramOutline outline = program_outline();
  set_words(outline, "--strategy", strategy_names());
  set_words(outline, "--device", names_of(devices()));
  set_words(outline, "--order", order_names());
  set_words(outline, "FAMILY", names_of(families()));
  HCB_TRY(const std::string text, completion_text(outline, invocation.shell));
  HCB_CHECK(print(text));
  return 0;
}

}  // namespace hcb
