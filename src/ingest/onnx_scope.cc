// A value is renamed wherever its name occurs in a graph and in the bodies inside it; what shadows
// it there is renamed with it, which changes nothing.
#include "ingest/onnx_scope.h"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hcb {
namespace {

using Names = std::unordered_map<std::string, std::string>;

void rename(std::string& name, const Names& names) {
  if (const auto to = names.find(name); to != names.end()) name = to->second;
}

// The bodies of `node`, appended.
void push_bodies(onnx::NodeProto& node, std::vector<onnx::GraphProto*>& open) {
  for (auto& attribute : *node.mutable_attribute()) {
    if (attribute.has_g()) open.push_back(attribute.mutable_g());
    for (auto& graph : *attribute.mutable_graphs()) open.push_back(&graph);
  }
}

void rename_values(onnx::GraphProto& top, const Names& names) {
  std::vector<onnx::GraphProto*> open{&top};
  while (!open.empty()) {
    onnx::GraphProto& graph = *open.back();
    open.pop_back();
    for (auto& tensor : *graph.mutable_initializer()) rename(*tensor.mutable_name(), names);
    for (auto* infos :
         {graph.mutable_input(), graph.mutable_output(), graph.mutable_value_info()}) {
      for (auto& info : *infos) rename(*info.mutable_name(), names);
    }
    for (auto& node : *graph.mutable_node()) {
      for (std::string& input : *node.mutable_input()) rename(input, names);
      for (std::string& output : *node.mutable_output()) rename(output, names);
      push_bodies(node, open);
    }
  }
}

std::string label(const onnx::NodeProto& node) {
  return !node.name().empty() ? node.name() : node.output_size() > 0 ? node.output(0) : "";
}

// The first of name, prefix/name, prefix/name', prefix/name'' … that `is_taken` does not know.
template <class Taken>
std::string free_name(const std::string& name, const std::string& prefix, Taken is_taken) {
  if (!is_taken(name)) return name;
  std::string longer = prefix + "/" + name;
  while (is_taken(longer)) longer += '\'';
  return longer;
}

std::unordered_set<std::string> values_of(const onnx::GraphProto& graph) {
  std::unordered_set<std::string> names;
  for (const auto& info : graph.input()) names.insert(info.name());
  for (const auto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const auto& node : graph.node()) names.insert(node.output().begin(), node.output().end());
  return names;
}

bool may_be_weight(const onnx::TensorProto& tensor) {
  return ValueTable::provenance_of(tensor.data_type(),
                                   {tensor.dims().begin(), tensor.dims().end()}) ==
         Provenance::trainable;
}

class Hoister {
 public:
  explicit Hoister(onnx::GraphProto& graph) : graph_(graph) {}

  void run() {
    std::vector<onnx::GraphProto*> open;
    for (auto& node : *graph_.mutable_node()) {
      push_bodies(node, open);
      while (!open.empty()) {
        onnx::GraphProto& body = *open.back();
        open.pop_back();
        for (auto& inner : *body.mutable_node()) push_bodies(inner, open);
        hoist(body, label(node));
      }
    }
  }

 private:
  void hoist(onnx::GraphProto& body, const std::string& prefix) {
    google::protobuf::RepeatedPtrField<onnx::TensorProto> stay;
    google::protobuf::RepeatedPtrField<onnx::TensorProto> go;
    Names names;
    for (auto& tensor : *body.mutable_initializer()) {
      if (!may_be_weight(tensor)) {
        stay.Add()->Swap(&tensor);
        continue;
      }
      if (taken_.empty()) taken_ = values_of(graph_);
      const std::string name =
          free_name(tensor.name(), prefix, [&](const auto& n) { return taken_.contains(n); });
      taken_.insert(name);
      if (name != tensor.name()) names[tensor.name()] = name;
      tensor.set_name(name);
      go.Add()->Swap(&tensor);
    }
    body.mutable_initializer()->Swap(&stay);
    if (!names.empty()) rename_values(body, names);
    for (auto& tensor : go) graph_.add_initializer()->Swap(&tensor);
  }

  onnx::GraphProto& graph_;
  std::unordered_set<std::string> taken_;
};

}  // namespace

void hoist_body_weights(onnx::GraphProto& graph) { Hoister(graph).run(); }

onnx::GraphProto branch_in_place(const onnx::GraphProto& branch, const onnx::NodeProto& node,
                                 const ValueTable& values) {
  onnx::GraphProto out = branch;
  std::unordered_set<std::string> made;
  for (const auto& inner : branch.node()) made.insert(inner.output().begin(), inner.output().end());
  Names names;
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string& inside = branch.output(i).name();
    if (made.contains(inside) && !node.output(i).empty()) names.try_emplace(inside, node.output(i));
  }
  const auto is_taken = [&](const std::string& n) { return values.type(n) != nullptr; };
  for (const std::string& name : values_of(branch)) {
    if (!name.empty() && !names.contains(name) && is_taken(name))
      names[name] = free_name(name, label(node), is_taken);
  }
  rename_values(out, names);
  // What no node of the branch makes, and what it gives out twice.
  for (int i = 0; i < node.output_size(); ++i) {
    if (out.output(i).name() == node.output(i) || node.output(i).empty()) continue;
    auto& copy = *out.add_node();
    copy.set_op_type("Identity");
    copy.add_input(out.output(i).name());
    copy.add_output(node.output(i));
  }
  return out;
}

}  // namespace hcb
