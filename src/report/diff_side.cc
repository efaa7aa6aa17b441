// Plans and models; analyses in files are read by diff_analysis.cc.
#include "report/diff_side.h"

#include <fmt/format.h>

#include "plan/fingerprint.h"

namespace hcb {
namespace {

std::unexpected<Error> not_there(const std::string& file, std::string_view place,
                                 std::string_view what, std::size_t id, std::size_t count) {
  return fail(ErrorKind::bad_input,
              fmt::format("{}: {}: no {} {}: the graph has {}", file, place, what, id, count),
              "the file was edited; plan again");
}

Result<void> check_buffers(const GraphRecord& graph, const std::string& file) {
  for (std::size_t b = 0; b < graph.buffers.size(); ++b) {
    const NodeId owner = graph.buffers[b].owner;
    if (owner == kNone<NodeId> || index(owner) < graph.nodes.size()) continue;
    return not_there(file, fmt::format("graph.buffers[{}]", b), "node", index(owner),
                     graph.nodes.size());
  }
  return {};
}

// Everything that is looked up by id later.
Result<void> check_ids(const Plan& plan, const std::string& file) {
  const GraphRecord& graph = plan.graph;
  HCB_CHECK(check_buffers(graph, file));
  for (const BufferId b : plan.save_nodes) {
    if (index(b) >= graph.buffers.size())
      return not_there(file, "save_nodes", "buffer", index(b), graph.buffers.size());
  }
  for (const NodeId n : executions(plan)) {
    if (index(n) >= graph.nodes.size())
      return not_there(file, "steps", "node", index(n), graph.nodes.size());
  }
  return {};
}

// Of the buffers that `counts` says, each rounded up as the plan rounds.
template <class Counts>
Result<Bytes> sum_of(const Plan& plan, const std::string& file, Counts&& counts) {
  Bytes sum = 0;
  for (const BufferId b : ids<BufferId>(plan.graph.buffers.size())) {
    if (!counts(b)) continue;
    const auto size = round_up(plan.graph.buffers[index(b)].bytes, plan.options.alignment);
    const auto next = size ? checked_add(sum, *size) : std::nullopt;
    if (!next) return fail(ErrorKind::bad_input, file + ": graph.buffers: more than 2^63 bytes");
    sum = *next;
  }
  return sum;
}

Result<Bytes> kept_bytes(const Plan& plan, const std::string& file) {
  std::vector<bool> kept(plan.graph.buffers.size());
  for (const BufferId b : plan.save_nodes) kept[index(b)] = true;
  return sum_of(plan, file, [&](BufferId b) { return kept[index(b)]; });
}

Result<Bytes> resident_bytes(const Plan& plan, const std::string& file) {
  return sum_of(plan, file,
                [&](BufferId b) { return plan.graph.buffers[index(b)].owner == kNone<NodeId>; });
}

Result<std::vector<Figure>> plan_figures(const Plan& plan, std::size_t executions,
                                         const std::string& file) {
  const auto time = checked_add(plan.base_time, plan.extra_time);
  if (!time) return fail(ErrorKind::bad_input, file + ": base_time_ns: more than 2^63 ns");
  HCB_TRY(const Bytes kept, kept_bytes(plan, file));
  HCB_TRY(const Bytes resident, resident_bytes(plan, file));
  std::vector<Figure> figures{{"peak", Unit::bytes, plan.peak},
                              {"base-peak", Unit::bytes, plan.base_peak},
                              {"time", Unit::nanos, *time},
                              {"extra-time", Unit::nanos, plan.extra_time}};
  if (plan.bound) figures.push_back({"bound", Unit::nanos, plan.bound->extra_time});
  figures.push_back({"resident", Unit::bytes, resident});
  figures.push_back({"kept", Unit::bytes, kept});
  figures.push_back({"executions", Unit::count, static_cast<std::int64_t>(executions)});
  return figures;
}

}  // namespace

std::string_view name(DiffKind kind) {
  constexpr std::string_view kNames[] = {"plan", "analysis", "model"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view with_article(DiffKind kind) {
  constexpr std::string_view kNames[] = {"a plan", "an analysis", "a model"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(Unit unit) {
  constexpr std::string_view kNames[] = {"bytes", "ns", "count"};
  return kNames[static_cast<std::size_t>(unit)];
}

std::vector<Figure> figures_of(const AnalysisNumbers& numbers) {
  return {{"peak", Unit::bytes, numbers.peak},
          {"time", Unit::nanos, numbers.time},
          {"memory-bound", Unit::bytes, numbers.memory_bound},
          {"resident", Unit::bytes, numbers.resident},
          {"activations", Unit::bytes, numbers.activations},
          {"gradients", Unit::bytes, numbers.gradients},
          {"stash", Unit::bytes, numbers.stash},
          {"workspace", Unit::bytes, numbers.workspace}};
}

Result<DiffSide> side_of_plan(Plan plan, std::string file) {
  HCB_CHECK(check_ids(plan, file));
  DiffSide side{.kind = DiffKind::plan, .file = std::move(file), .model = plan.graph.name};
  side.executions = executions(plan);
  HCB_TRY(side.figures, plan_figures(plan, side.executions.size(), side.file));
  side.facts = {{"strategy", plan.strategy}, {"status", std::string(name(plan.status))}};
  if (plan.bound) side.facts.emplace_back("bound scope", name(plan.bound->scope));
  side.options = std::move(plan.options);
  side.fingerprint = plan.graph.fingerprint;
  side.unnamed_fingerprint = plan.graph.unnamed_fingerprint;
  side.kept = std::move(plan.save_nodes);
  side.graph = std::move(plan.graph);
  return side;
}

DiffSide side_of_model(const Graph& graph, const Analysis& analysis, Options options,
                       std::string file) {
  const Composition& parts = analysis.step.composition;
  DiffSide side{.kind = DiffKind::model,
                .file = std::move(file),
                .model = analysis.model.name,
                .options = std::move(options),
                .fingerprint = analysis.fingerprint,
                .unnamed_fingerprint = analysis.unnamed_fingerprint};
  side.figures = figures_of({.peak = analysis.step.peak,
                             .resident = parts.resident,
                             .activations = parts.activations,
                             .gradients = parts.gradients,
                             .stash = parts.stash,
                             .workspace = parts.workspace,
                             .memory_bound = analysis.bound.bytes.bound,
                             .time = analysis.base_time});
  side.graph = graph_record(graph);
  return side;
}

}  // namespace hcb
