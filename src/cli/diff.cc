// `hcb diff OLD NEW`: each side is a plan, an analysis in JSON or a model; what a file is, its content
// says.
#include "report/diff.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/model.h"
#include "cli/output.h"
#include "plan/file.h"
#include "plan/json.h"
#include "plan/protobuf.h"
#include "plan/strict_json.h"
#include "report/diff_forms.h"

namespace hcb {
namespace {

// By its name or its first character behind blanks. What cannot be opened is no JSON here; whoever
// reads it says why.
bool is_json(const std::string& path) {
  if (path == "-" || path.ends_with(".json")) return true;
  char first = 0;
  std::ifstream(path, std::ios::binary) >> first;
  return first == '{' || first == '[';
}

// The word behind "format"; empty: none.
Result<std::string> format_of(std::string_view text, const std::string& file) {
  HCB_TRY(const Json root, parse_json(text, file));
  if (!root.is_object() || !root.contains("format") || !root["format"].is_string()) return "";
  return root["format"].get<std::string>();
}

Result<DiffSide> json_side(const std::string& path) {
  const std::string file = path == "-" ? "stdin" : path;
  HCB_TRY(const std::string text, read_text_file(path));
  HCB_TRY(const std::string format, format_of(text, file));
  if (format == "hcb-analysis") return side_of_analysis(text, file);
  if (format != "hcb-plan") {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: neither a plan nor an analysis: key \"format\" is neither "
                            "\"hcb-plan\" nor \"hcb-analysis\"",
                            file),
                "give what `hcb plan -o` or `hcb analyze --format json` wrote, or a model");
  }
  HCB_TRY(Plan plan, plan_from_json(text, file));
  return side_of_plan(std::move(plan), file);
}

Result<DiffSide> protobuf_side(const std::string& path) {
  HCB_TRY(const std::string bytes, read_text_file(path));
  HCB_TRY(Plan plan, plan_from_protobuf(bytes, path));
  return side_of_plan(std::move(plan), path);
}

Result<DiffSide> model_side(const std::string& path, const Options& options) {
  HCB_TRY(const LoadedModel model, load_model(path, options, false));
  const AnalysisInput input{
      .model = model.facts, .graph = model.training, .options = options, .structure = false};
  HCB_TRY(const Analysis analysis, analyze(input));
  return side_of_model(model.training.graph, analysis, options, path);
}

// Plans and analyses say with which options they were made.
Result<void> no_options(const DiffSide& side, const Options& options) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.write(options).empty()) continue;
    return fail(ErrorKind::usage,
                fmt::format("--{}: {} is {}, made with options of its own", spec.name, side.file,
                            with_article(side.kind)),
                "leave it out; only models take options");
  }
  return {};
}

Result<DiffSide> read_side(const std::string& path, const Options& options) {
  if (!path.ends_with(".pb") && !is_json(path)) return model_side(path, options);
  HCB_TRY(DiffSide side, path.ends_with(".pb") ? protobuf_side(path) : json_side(path));
  HCB_CHECK(no_options(side, options));
  return side;
}

Result<DiffSide> read_baseline(const std::string& path, const Options& options) {
  auto side = read_side(path, options);
  if (!side && side.error().help.empty())
    side.error().help = "OLD is the baseline: hcb plan MODEL … -o FILE writes one";
  return side;
}

Result<std::vector<DiffLimit>> limits_of(const Invocation& invocation) {
  std::vector<DiffLimit> limits;
  if (!invocation.fail_on.empty()) {
    HCB_TRY(limits, parse_limits(invocation.fail_on));
  }
  if (!invocation.max_peak.empty()) {
    HCB_TRY(DiffLimit limit, parse_max_peak(invocation.max_peak));
    limits.push_back(std::move(limit));
  }
  return limits;
}

Result<void> check_sides(const Invocation& invocation) {
  if (invocation.new_side.empty() && invocation.max_peak.empty()) {
    return fail(ErrorKind::usage, "diff needs OLD and NEW",
                "with --max-peak SIZE alone one is enough");
  }
  if (invocation.new_side.empty() && !invocation.fail_on.empty()) {
    return fail(ErrorKind::usage, "--fail-on: compares with OLD, which is not given",
                "hcb diff OLD NEW --fail-on …");
  }
  if (invocation.old_side == "-" && invocation.new_side == "-") {
    return fail(ErrorKind::usage, "standard input can be read once: OLD and NEW are both '-'");
  }
  return {};
}

Result<Diff> diff_of(const Invocation& invocation, Context& context) {
  if (invocation.new_side.empty()) {
    HCB_TRY(const DiffSide side, read_side(invocation.old_side, invocation.options));
    return figures_alone(side);
  }
  HCB_TRY(const DiffSide before, read_baseline(invocation.old_side, invocation.options));
  HCB_CHECK(context.check());
  HCB_TRY(const DiffSide after, read_side(invocation.new_side, invocation.options));
  HCB_CHECK(context.check());
  HCB_CHECK(check_comparable(before, after));
  return compare(before, after);
}

std::string written(const Diff& diff, const Outcomes& outcomes, const std::string& format) {
  if (format == "json") return diff_json(diff, outcomes);
  if (format == "markdown") return diff_markdown(diff, outcomes);
  if (format == "github") return diff_github(diff, outcomes);
  return format == "junit" ? diff_junit(diff, outcomes) : diff_text(diff, outcomes);
}

}  // namespace

Result<int> run_diff(const Invocation& invocation, Context& context) {
  HCB_CHECK(check_sides(invocation));
  HCB_TRY(const auto limits, limits_of(invocation));
  HCB_TRY(const Diff diff, diff_of(invocation, context));
  HCB_TRY(const Outcomes outcomes, apply_limits(diff, limits));
  HCB_CHECK(print(written(diff, outcomes, invocation.format)));
  return any_exceeded(outcomes) ? static_cast<int>(ErrorKind::differs) : 0;
}

}  // namespace hcb
