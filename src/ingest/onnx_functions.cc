// The calls are walked depth first, with an explicit stack, before anything is inlined: thirty
// functions that call the next one twice stand for a thousand million nodes.
#include "ingest/onnx_functions.h"

#include <algorithm>
#include <map>
#include <new>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/inliner/inliner.h>

#include "base/text.h"
#include "ops/count.h"

namespace hcb {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

// Every node of a list, those in bodies included.
template <class Visit>
void each_node(const Nodes& top, Visit visit) {
  std::vector<const Nodes*> open{&top};
  while (!open.empty()) {
    const Nodes& nodes = *open.back();
    open.pop_back();
    for (const auto& node : nodes) {
      visit(node);
      for (const auto& attribute : node.attribute()) {
        if (attribute.has_g()) open.push_back(&attribute.g().node());
        for (const auto& graph : attribute.graphs()) open.push_back(&graph.node());
      }
    }
  }
}

class CallCheck {
 public:
  CallCheck(const onnx::ModelProto& model, const std::string& name) : model_(model), name_(name) {}

  Result<void> run() {
    for (int f = 0; f < model_.functions_size(); ++f) {
      const auto& function = model_.functions(f);
      by_key_[{function.domain(), function.name(), function.overload()}] = f;
    }
    for (int f = 0; f < model_.functions_size(); ++f) read(model_.functions(f).node());
    read(model_.graph().node());
    HCB_CHECK(walk(static_cast<std::size_t>(model_.functions_size())));
    const auto total = size_.back().value();
    if (total && *total <= kMostInlined) return {};
    return fail(ErrorKind::limit,
                fmt::format("{}: its local functions stand for more than {} nodes", name_,
                            with_thousands(kMostInlined)),
                "they call each other too often: export the model without local functions");
  }

 private:
  // Callee and how many nodes are no calls, of one function or of the graph (the last one).
  void read(const Nodes& nodes) {
    auto& calls = calls_.emplace_back();
    Count& plain = size_.emplace_back();
    each_node(nodes, [&](const onnx::NodeProto& node) {
      const auto callee = by_key_.find({node.domain(), node.op_type(), node.overload()});
      if (callee == by_key_.end()) {
        plain += 1;
      } else {
        calls.push_back(static_cast<std::size_t>(callee->second));
      }
    });
  }

  // Depth first; a caller's size is whole when all its callees are done.
  Result<void> walk(std::size_t from) {
    std::vector<char> state(calls_.size(), 0);  // 1: on the path, 2: done
    std::vector<std::size_t> path{from};
    std::vector<std::size_t> next(calls_.size(), 0);
    state[from] = 1;
    while (!path.empty()) {
      const std::size_t at = path.back();
      if (next[at] == calls_[at].size()) {
        for (const std::size_t callee : calls_[at]) size_[at] += size_[callee];
        state[at] = 2;
        path.pop_back();
        continue;
      }
      const std::size_t callee = calls_[at][next[at]++];
      if (state[callee] == 2) continue;
      path.push_back(callee);
      if (state[callee] == 1) return cycle(path);
      if (path.size() - 1 > kDeepestCall) return too_deep(path);
      state[callee] = 1;
    }
    return {};
  }

  [[nodiscard]] std::string label(std::size_t f) const {
    const auto& function = model_.functions(static_cast<int>(f));
    return printable(function.domain() + "::" + function.name());
  }

  [[nodiscard]] std::unexpected<Error> cycle(const std::vector<std::size_t>& path) const {
    std::vector<std::string> names;
    for (auto at = std::ranges::find(path, path.back()); at != path.end(); ++at)
      names.push_back(label(*at));
    return fail(ErrorKind::bad_input,
                fmt::format("{}: local functions call each other in a circle: {}", name_,
                            fmt::join(names, " -> ")));
  }

  [[nodiscard]] std::unexpected<Error> too_deep(const std::vector<std::size_t>& path) const {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: calls of local functions are nested deeper than {} levels: {} -> "
                            "{} -> …",
                            name_, kDeepestCall, label(path[1]), label(path[2])),
                "export the model without local functions");
  }

  const onnx::ModelProto& model_;
  const std::string& name_;
  std::map<std::tuple<std::string, std::string, std::string>, int> by_key_;
  std::vector<std::vector<std::size_t>> calls_;  // by function, the graph last
  std::vector<Count> size_;                      // nodes after inlining
};

}  // namespace

Result<void> inline_functions(onnx::ModelProto& model, const std::string& name,
                              InferenceNotes& notes) {
  const int functions = model.functions_size();
  if (functions == 0) return {};
  HCB_CHECK(CallCheck(model, name).run());
  try {
    onnx::inliner::InlineLocalFunctions(model);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, fmt::format("{}: local functions cannot be inlined: {}", name,
                                                  printable(error.what())));
  }
  notes.details.push_back(
      fmt::format("{} local function{} inlined", functions, functions == 1 ? "" : "s"));
  return {};
}

}  // namespace hcb
