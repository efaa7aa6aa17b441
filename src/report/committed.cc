#include "report/committed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "plan/file.h"
#include "plan/json.h"
#include "report/diff.h"
#include "report/diff_forms.h"

namespace hcb {
namespace {

// Leaves out of `fresh` what `committed` has no place for.
void level(const Plan& committed, Plan& fresh) {
  if (kept_apart(committed) && fresh.bound) fresh.bound->certificate.clear();
  if (!committed.graph.places.empty()) return;
  fresh.graph.unnamed_fingerprint.clear();
  fresh.graph.modules.clear();
  fresh.graph.types.clear();
  fresh.graph.places.clear();
}

// "bound, search": top-level keys with different values, in NEW's order, then those of OLD alone.
std::string differing_keys(const std::string& before, const std::string& after) {
  const auto a = nlohmann::ordered_json::parse(before);
  const auto b = nlohmann::ordered_json::parse(after);
  std::vector<std::string> keys;
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key) || a[key] != value) keys.push_back(key);
  }
  for (const auto& [key, value] : a.items()) {
    if (!b.contains(key)) keys.push_back(key);
  }
  return fmt::format("{}", fmt::join(keys, ", "));
}

}  // namespace

Result<CommittedReport> compare_with_fresh(Plan committed, Plan fresh, const std::string& file) {
  level(committed, fresh);
  const std::string before = plan_to_json(committed);
  const std::string after = plan_to_json(fresh);
  if (before == after) {
    return CommittedReport{true, printable(file) + "   is what hcb plan writes now\n"};
  }
  HCB_TRY(const DiffSide old_side, side_of_plan(std::move(committed), file));
  HCB_TRY(const DiffSide new_side, side_of_plan(std::move(fresh), "a fresh plan"));
  HCB_CHECK(check_comparable(old_side, new_side));
  const Diff diff = compare(old_side, new_side);
  std::string text = printable(file) + "   is not what hcb plan writes now\n";
  text += diff_text(diff, {});
  if (!diff.any()) text += fmt::format("{:<14} {}\n", "keys", differing_keys(before, after));
  return CommittedReport{false, std::move(text)};
}

}  // namespace hcb
