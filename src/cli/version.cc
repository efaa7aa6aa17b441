// The definitions HCB_… and the rows of hcb_libraries.inc come from src/CMakeLists.txt and
// src/ThirdParty.cmake.
#include "cli/version.h"

#include <fmt/format.h>

#include "ingest/hcb.h"
#include "plan/json.h"
#include "plan/step_profile.h"
#include "report/analyze_json.h"

namespace hcb {
namespace {

struct Library {
  const char* name;
  const char* version;
  const char* licence;
};

constexpr Library kLibraries[] = {
#include <hcb_libraries.inc>
};

std::string library_lines() {
  std::string text;
  for (const Library& library : kLibraries) {
    text += fmt::format("  {:<14} {:<10} {}\n", library.name, library.version, library.licence);
  }
  return text;
}

}  // namespace

std::string version_text(std::string_view program, bool verbose) {
  std::string text = fmt::format("{} " HCB_VERSION "\n", program);
  if (!verbose) return text;
  text += fmt::format(
      "formats      plan {}.{}, analysis {}.{}, profile {}.{}, hcb.v1 {}.{}\n"
      "memory model {}\n"
      "built by     " HCB_COMPILER ", " HCB_BUILD
      "\n"
      "contains\n",
      kPlanFormatMajor, kPlanFormatMinor, kAnalysisFormatMajor, kAnalysisFormatMinor,
      kProfileFormatMajor, kProfileFormatMinor, kHcbMajor, kHcbMinor, kMemoryModel);
  return text + library_lines();
}

}  // namespace hcb
