// `hcb convert IN -o OUT`: what IN is follows from its content, what OUT becomes from its name.
//
//     ONNX model            -> hcb.v1 (.hcb), its JSON (.json)
//     hcb.v1, its JSON      -> hcb.v1 (.hcb), its JSON (.json)
//     plan                  -> JSON (.json), protobuf (.pb)
//     model, --from-order   -> plan, checked
#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/from_order.h"
#include "cli/model.h"
#include "cli/plan_input.h"
#include "cli/plan_output.h"
#include "ingest/hcb_json.h"
#include "ingest/hcb_write.h"
#include "ingest/onnx_file.h"
#include "plan/fingerprint.h"
#include "plan/json.h"
#include "plan/protobuf.h"
#include "plan/strict_json.h"

namespace hcb {
namespace {

enum class Kind { onnx, hcb, hcb_json, plan };

constexpr const char* kFormsHelp =
    "a plan becomes .json or .pb; a graph becomes .hcb or .json; nothing becomes ONNX";

std::string shown_name(const std::string& path) { return path == "-" ? "stdin" : path; }

// Arguments of a node nest deeper than a plan does; protobuf's own limit is 100.
constexpr std::size_t kDeepestGraph = 400;

Result<Kind> kind_of_json(std::string_view text, const std::string& file) {
  HCB_TRY(const Json root, parse_json(text, file, kDeepestGraph));
  const auto format = root.find("format");
  if (format == root.end() && root.contains("version")) return Kind::hcb_json;
  if (format != root.end() && *format == "hcb-plan") return Kind::plan;
  const std::string what = format == root.end() ? "JSON without \"format\" or \"version\""
                                                : fmt::format("\"format\": {}", shown(*format));
  return fail(ErrorKind::bad_input, fmt::format("{}: {}: nothing converts that", file, what),
              "give an ONNX model, an hcb.v1 graph, its JSON, or a plan");
}

Result<Kind> kind_of(std::string_view bytes, const std::string& path) {
  if (path.ends_with(".pb") || looks_like_plan(bytes)) return Kind::plan;
  if (path.ends_with(".hcb") || looks_like_hcb(bytes)) return Kind::hcb;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && bytes[first] == '{';
  return json ? kind_of_json(bytes, shown_name(path)) : Kind::onnx;
}

// Only an ONNX model is bound and given costs on the way.
Result<void> check_options(Kind kind, const Options& options) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.write(options).empty()) continue;
    if (spec.group == OptionGroup::model && kind == Kind::onnx) continue;
    const bool plans = spec.group != OptionGroup::model;
    return fail(
        ErrorKind::usage,
        fmt::format("--{}: {}", spec.name,
                    plans ? "a conversion does not plan: only --from-order reads this option"
                          : "IN is no ONNX model: it is converted as it is"),
        "hcb plan and hcb analyze read it");
  }
  return {};
}

std::unexpected<Error> no_such_form(const std::string& output, std::string_view what) {
  return fail(ErrorKind::usage, fmt::format("-o '{}': {} has no such form", output, what),
              kFormsHelp);
}

// Does the graph go out as JSON? `format`: of standard output.
Result<bool> graph_as_json(const std::string& output, const std::string& format) {
  if (output == "-") return format != "protobuf";
  if (output.ends_with(".json")) return true;
  if (output.ends_with(".hcb")) return false;
  return no_such_form(output, "a graph");
}

Result<void> report(const std::string& output, const std::string& what, const std::string& from) {
  if (output == "-") return {};
  return print(fmt::format("{:<11} {}, from {}\n", printable(output), what, printable(from)));
}

Result<void> convert_plan(std::string_view bytes, const Invocation& invocation) {
  const std::string& output = invocation.output;
  if (output != "-" && !output.ends_with(".json") && !output.ends_with(".pb"))
    return no_such_form(output, "a plan");
  HCB_TRY(Plan plan, parse_plan(bytes, invocation.model));
  HCB_CHECK(demand_bound_file(plan, invocation.model));
  HCB_TRY(PlanSink sink, PlanSink::open(output, invocation.format));
  const std::string what = fmt::format("plan of {}, {} executions", printable(plan.graph.name),
                                       with_thousands(std::ssize(executions(plan))));
  HCB_CHECK(write_plan(nullptr, std::move(plan), sink));
  return report(output, what, shown_name(invocation.model));
}

// The graph of an ONNX model as hcb.v1; what a reader makes of it is compared with the model.
Result<std::string> hcb_of_onnx(std::string_view model_bytes, const Invocation& invocation) {
  HCB_TRY(const LoadedModel model, load_model(model_bytes, invocation.model, invocation.options));
  const Graph& graph = model.training.graph;
  HCB_TRY(std::string bytes, write_hcb(graph));
  HCB_TRY(const HcbStep again, parse_hcb(bytes, shown_name(invocation.model), {}));
  if (const auto difference =
          first_difference(graph_record(graph), graph_record(again.training.graph))) {
    return fail(ErrorKind::internal,
                fmt::format("{}: the hcb.v1 graph differs from the model: {}", invocation.model,
                            *difference),
                "this is a bug of hcb, please report it with the model");
  }
  return bytes;
}

Result<std::string> hcb_bytes(Kind kind, std::string_view bytes, const Invocation& invocation) {
  switch (kind) {
    case Kind::onnx:
      return hcb_of_onnx(bytes, invocation);
    case Kind::hcb_json:
      return hcb_from_json(bytes, shown_name(invocation.model));
    default:
      return std::string(bytes);
  }
}

Result<void> convert_graph(Kind kind, std::string_view bytes, const Invocation& invocation) {
  HCB_TRY(const bool json, graph_as_json(invocation.output, invocation.format));
  HCB_TRY(OutputSink sink, OutputSink::open(invocation.output));
  const std::string name = shown_name(invocation.model);
  HCB_TRY(const std::string file, hcb_bytes(kind, bytes, invocation));
  HCB_TRY(const HcbStep step, parse_hcb(file, name, {}));
  if (json) {
    HCB_TRY(const std::string text, hcb_to_json(file, name));
    HCB_CHECK(sink.write(text));
  } else {
    HCB_CHECK(sink.write(file));
  }
  const std::string what = fmt::format("hcb.v1 graph{}, {} nodes{}", json ? " as JSON" : "",
                                       with_thousands(std::ssize(step.training.graph.nodes())),
                                       step.joint ? "" : ", no backward");
  return report(invocation.output, what, name);
}

Result<int> convert(const Invocation& invocation) {
  const std::string& output = invocation.output;
  if (output.empty()) {
    return fail(ErrorKind::usage, "convert needs -o: where to write, and by its extension what",
                kFormsHelp);
  }
  HCB_TRY(const ModelFile file, ModelFile::open(invocation.model));
  HCB_TRY(const Kind kind, kind_of(file.bytes(), invocation.model));
  HCB_CHECK(check_options(kind, invocation.options));
  if (kind == Kind::plan) {
    HCB_CHECK(convert_plan(file.bytes(), invocation));
  } else {
    HCB_CHECK(convert_graph(kind, file.bytes(), invocation));
  }
  return 0;
}

}  // namespace

Result<int> run_convert(const Invocation& invocation, Context& context) {
  return invocation.from_order.empty() ? convert(invocation) : run_from_order(invocation, context);
}

}  // namespace hcb
