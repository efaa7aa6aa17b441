// Kahn's algorithm (1962) with a heap of file positions, so that a sorted file stays as it is.
#include "ingest/onnx_order.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include "base/text.h"

namespace hcb {
namespace {

// Collects what `graph` reads and does not define, innermost bodies included. Depth is bounded by
// the wire filter.
void collect_free_names(const onnx::GraphProto& graph, std::unordered_set<std::string>& seen,
                        std::vector<std::string>& free) {
  std::unordered_set<std::string_view> defined;
  for (const auto& input : graph.input()) defined.insert(input.name());
  for (const auto& tensor : graph.initializer()) defined.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) defined.insert(tensor.values().name());
  for (const auto& node : graph.node()) defined.insert(node.output().begin(), node.output().end());
  const auto read = [&](const std::string& name) {
    if (!name.empty() && !defined.contains(name) && seen.insert(name).second) free.push_back(name);
  };
  for (const auto& node : graph.node()) {
    for (const std::string& input : node.input()) read(input);
    for (const std::string& name : captured_names(node)) read(name);
  }
  for (const auto& output : graph.output()) read(output.name());
}

constexpr int kFromOutside = -1;

class Orderer {
 public:
  Orderer(onnx::GraphProto& graph, const std::string& name) : graph_(graph), name_(name) {}

  Result<void> run() {
    HCB_CHECK(find_producers());
    HCB_CHECK(find_edges());
    HCB_CHECK(check_outputs());
    if (sorted_) return {};
    return sort();
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& message) const {
    return fail(ErrorKind::bad_input, name_ + ": " + message);
  }

  [[nodiscard]] std::unexpected<Error> no_output() const {
    return fail(ErrorKind::bad_input, name_ + ": the graph has no output",
                "export it with the loss or the predictions as graph outputs");
  }

  Result<void> find_producers() {
    for (const auto& input : graph_.input()) {
      if (!producer_.try_emplace(input.name(), kFromOutside).second) {
        return wrong(fmt::format("input '{}' is listed twice", printable(input.name())));
      }
    }
    for (const auto& tensor : graph_.initializer())
      HCB_CHECK(add_initializer(tensor.name(), tensor.dims()));
    for (const auto& tensor : graph_.sparse_initializer()) {
      HCB_CHECK(add_initializer(tensor.values().name(), tensor.dims()));
    }
    for (int i = 0; i < graph_.node_size(); ++i) {
      for (const std::string& output : graph_.node(i).output()) HCB_CHECK(add_output(output, i));
    }
    return {};
  }

  Result<void> add_initializer(const std::string& tensor, const auto& dims) {
    if (std::ranges::any_of(dims, [](std::int64_t dim) { return dim < 0; })) {
      return wrong(fmt::format("initializer '{}' has a negative dim: {}", printable(tensor),
                               fmt::join(dims, "x")));
    }
    if (producer_.try_emplace(tensor, kFromOutside).second) return {};
    return wrong(fmt::format("initializer '{}' is there twice", printable(tensor)));
  }

  Result<void> add_output(const std::string& value, int node) {
    if (value.empty()) return {};  // an omitted optional output
    const auto [at, fresh] = producer_.try_emplace(value, node);
    if (fresh) return {};
    if (at->second == kFromOutside) {
      return wrong(fmt::format("value '{}' is an input or initializer and also made by node {}",
                               printable(value), node_label(graph_.node(node))));
    }
    return wrong(fmt::format("value '{}' is made twice: by node {} and by node {}",
                             printable(value), node_label(graph_.node(at->second)),
                             node_label(graph_.node(node))));
  }

  Result<void> find_edges() {
    predecessors_.resize(static_cast<std::size_t>(graph_.node_size()));
    for (int i = 0; i < graph_.node_size(); ++i) {
      for (const std::string& input : graph_.node(i).input()) HCB_CHECK(add_edge(input, i));
      for (const std::string& name : captured_names(graph_.node(i))) HCB_CHECK(add_edge(name, i));
    }
    return {};
  }

  Result<void> add_edge(const std::string& value, int node) {
    if (value.empty()) return {};
    const auto made = producer_.find(value);
    if (made == producer_.end()) {
      return wrong(fmt::format("node {} reads '{}', which nothing makes",
                               node_label(graph_.node(node)), printable(value)));
    }
    if (made->second == kFromOutside) return {};
    predecessors_[static_cast<std::size_t>(node)].push_back(made->second);
    sorted_ &= made->second < node;
    return {};
  }

  Result<void> check_outputs() const {
    for (const auto& output : graph_.output()) {
      if (!producer_.contains(output.name())) {
        return wrong(fmt::format("output '{}' is made by no node", printable(output.name())));
      }
    }
    return graph_.output_size() > 0 ? Result<void>{} : no_output();
  }

  Result<void> sort() {
    const std::size_t count = predecessors_.size();
    std::vector<std::vector<int>> successors(count);
    std::vector<std::size_t> waiting(count);
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (std::size_t i = 0; i < count; ++i) {
      waiting[i] = predecessors_[i].size();
      if (waiting[i] == 0) ready.push(static_cast<int>(i));
      for (const int p : predecessors_[i])
        successors[static_cast<std::size_t>(p)].push_back(static_cast<int>(i));
    }
    google::protobuf::RepeatedPtrField<onnx::NodeProto> sorted;
    sorted.Reserve(graph_.node_size());
    while (!ready.empty()) {
      const int next = ready.top();
      ready.pop();
      sorted.Add()->Swap(graph_.mutable_node(next));
      for (const int s : successors[static_cast<std::size_t>(next)]) {
        if (--waiting[static_cast<std::size_t>(s)] == 0) ready.push(s);
      }
    }
    if (sorted.size() < graph_.node_size()) return cycle(waiting);
    graph_.mutable_node()->Swap(&sorted);
    return {};
  }

  // From any node that still waits, walking back over waiting predecessors must come round.
  [[nodiscard]] std::unexpected<Error> cycle(const std::vector<std::size_t>& waiting) const {
    const auto waits = [&](int i) { return waiting[static_cast<std::size_t>(i)] > 0; };
    int at = 0;
    while (!waits(at)) ++at;
    std::vector<int> path;
    std::vector<bool> visited(waiting.size(), false);
    while (!visited[static_cast<std::size_t>(at)]) {
      visited[static_cast<std::size_t>(at)] = true;
      path.push_back(at);
      at = *std::ranges::find_if(predecessors_[static_cast<std::size_t>(at)], waits);
    }
    path.erase(path.begin(), std::ranges::find(path, at));
    std::ranges::reverse(path);
    std::ranges::rotate(path, std::ranges::min_element(path));
    constexpr std::size_t kMostNamed = 8;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(path.size(), kMostNamed); ++i)
      names.push_back(node_label(graph_.node(path[i])));
    if (path.size() > kMostNamed)
      names.push_back(fmt::format("… {} more …", path.size() - kMostNamed));
    names.push_back(names.front());
    return wrong(fmt::format("the graph has a cycle: {}", fmt::join(names, " -> ")));
  }

  onnx::GraphProto& graph_;
  const std::string& name_;
  std::unordered_map<std::string, int> producer_;
  std::vector<std::vector<int>> predecessors_;
  bool sorted_ = true;
};

}  // namespace

std::vector<std::string> captured_names(const onnx::NodeProto& node) {
  std::vector<std::string> free;
  std::unordered_set<std::string> seen;
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) collect_free_names(attribute.g(), seen, free);
    for (const auto& graph : attribute.graphs()) collect_free_names(graph, seen, free);
  }
  return free;
}

std::vector<std::string> free_names(const onnx::GraphProto& body) {
  std::vector<std::string> free;
  std::unordered_set<std::string> seen;
  collect_free_names(body, seen, free);
  return free;
}

std::string node_label(const onnx::NodeProto& node) {
  const std::string op =
      node.domain().empty() ? node.op_type() : node.domain() + "::" + node.op_type();
  if (!node.name().empty()) return fmt::format("'{}' ({})", printable(node.name()), printable(op));
  return fmt::format("'{}({})'", printable(op),
                     node.output_size() > 0 ? printable(node.output(0)) : "");
}

Result<void> order_nodes(onnx::GraphProto& graph, const std::string& name) {
  return Orderer(graph, name).run();
}

}  // namespace hcb
