// `hcb-run profile GRAPH`: store-all, several times; medians of times, the most of workspaces.
#include <algorithm>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/text.h"
#include "cli/output.h"
#include "replay/commands.h"
#include "replay/measure.h"
#include "report/words.h"

namespace hcb {
namespace {

struct Samples {
  std::vector<std::vector<Nanos>> times;  // by node
  std::vector<Bytes> workspace;
};

Result<Samples> sample(Session& session, const RunInvocation& invocation, Context& context) {
  HCB_TRY(const Contender store_all, session.store_all());
  const std::size_t nodes = session.graph().node_count();
  Samples samples{.times = std::vector<std::vector<Nanos>>(nodes),
                  .workspace = std::vector<Bytes>(nodes, 0)};
  for (std::int64_t i = -invocation.warmup; i < invocation.iterations; ++i) {
    HCB_CHECK(context.check());
    HCB_TRY(const RunReport run, session.run(store_all, std::nullopt));
    if (i < 0) continue;
    for (const StepRecord& step : run.steps) {
      const std::size_t n = index(step.node);
      samples.times[n].push_back(step.duration);
      samples.workspace[n] = std::max(samples.workspace[n], step.workspace);
    }
  }
  return samples;
}

StepProfile profile_of(Session& session, Samples samples, std::int64_t iterations) {
  const Graph& graph = session.graph();
  StepProfile profile{.scope = scope_of(session.machine(), session.loaded().step.memory_format),
                      .iterations = iterations,
                      .graph_name = printable(graph.graph_name()),
                      .structure = structure_fingerprint(graph),
                      .nodes = {}};
  for (const NodeId n : graph.nodes()) {
    const auto storage = session.kernels().output_storage(n);
    profile.nodes.push_back({.name = printable(graph.name(n)),
                             .op = printable(graph.op(n)),
                             .time = timing(std::move(samples.times[index(n)])).median,
                             .workspace = samples.workspace[index(n)],
                             .storage = {storage.begin(), storage.end()}});
  }
  return profile;
}

std::string summary(const Session& session, const StepProfile& profile, const std::string& path) {
  Nanos total = 0;
  Bytes workspace = 0;
  std::string_view at = "no op";
  std::size_t larger = 0;
  const Graph& graph = session.graph();
  for (const NodeId n : graph.nodes()) {
    const ProfileNode& node = profile.nodes[index(n)];
    total += node.time;
    if (node.workspace > workspace) at = node.op;
    workspace = std::max(workspace, node.workspace);
    const auto outputs = graph.outputs(n);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const BufferId b = graph.buffer(outputs[i]);
      larger += graph.base_value(b) == outputs[i] && node.storage[i] != graph.bytes(b);
    }
  }
  return fmt::format(
      "{}: {} on {}, {}, torch {}\n"
      "time        {} in all ops, medians of {}\n"
      "workspace   at most {} ({}); {} of another size than shapes say\n"
      "next: hcb plan {} --costs {} --memory-budget 60% -o plan.json\n",
      path == "-" ? "profile" : printable(path), plural(profile.nodes.size(), "node"),
      profile.scope.device_name, plural(static_cast<std::size_t>(profile.scope.threads), "thread"),
      profile.scope.torch_version, time_text(total),
      plural(static_cast<std::size_t>(profile.iterations), "step"), format_bytes(workspace), at,
      plural(larger, "tensor"), shell_word(session.options().graph), shell_word(path));
}

}  // namespace

Result<int> profile_step(const RunInvocation& invocation, const OpenMachine& open,
                         Context& context) {
  std::optional<AtomicFile> file;
  if (invocation.output != "-") {
    HCB_TRY(file, AtomicFile::open(invocation.output));
  }
  HCB_TRY(const std::unique_ptr<Session> session, Session::open(invocation.session, open));
  HCB_TRY(Samples samples, sample(*session, invocation, context));
  const StepProfile profile = profile_of(*session, std::move(samples), invocation.iterations);
  const std::string json = profile_to_json(profile);
  if (!file) {
    HCB_CHECK(print(json));
    return 0;
  }
  HCB_CHECK(file->write(json));
  HCB_CHECK(file->commit());
  HCB_CHECK(print(summary(*session, profile, invocation.output)));
  return 0;
}

}  // namespace hcb
