#include "replay/run_result.h"

namespace hcb {
namespace {

// The first dim that all inputs with dims share; 0: none.
std::size_t samples_of(const Session& session) {
  std::int64_t shared = 0;
  for (const Content& content : session.contents()) {
    if (session.graph().role(content.value) != Role::input) continue;
    const auto& shape = session.loaded().calls.values[content.value].shape;
    if (shape.empty()) continue;
    if (shared != 0 && shape[0] != shared) return 0;
    shared = shape[0];
  }
  return static_cast<std::size_t>(shared);
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

RunSetting setting_of(Session& session) {
  const TorchMachine& machine = session.machine();
  const SessionOptions& options = session.options();
  RunSetting setting{.graph = file_name(options.graph),
                     .structure = structure_fingerprint(session.graph()),
                     .nodes = session.graph().node_count(),
                     .scope = scope_of(machine, session.loaded().step.memory_format),
                     .exported_with = session.loaded().calls.torch_version,
                     .allocation_policy = machine.allocation_policy(),
                     .granularity = machine.granularity(),
                     .seed = options.torch.seed,
                     .weights = options.weights,
                     .inputs = options.inputs,
                     .costs = options.costs};
  for (const Content& content : session.contents()) {
    setting.from_file += content.origin == Origin::file;
    setting.from_graph += content.origin == Origin::graph;
    setting.seeded += content.origin == Origin::seed;
  }
  setting.samples = samples_of(session);
  return setting;
}

}  // namespace hcb
