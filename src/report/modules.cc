// A tree is made in two steps: entries in the order in which nodes meet them, by (parent, part); then
// renumbered in preorder along lists of children, with a stack of its own.
#include "report/modules.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"

namespace hcb {
namespace {

constexpr std::uint32_t kDeepest = 32;  // parts of a path that make levels of their own

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char separator_of(std::string_view path) {
  if (path.find('/') != std::string_view::npos) return '/';
  return path.find(':') == std::string_view::npos ? '.' : '\0';
}

class Grower {
 public:
  explicit Grower(const Graph& graph) : graph_(graph) { add({}); }

  ModuleTree grow(std::uint32_t depth) && {
    met_.assign(graph_.node_count(), 0);
    for (const NodeId n : graph_.nodes()) met_[n] = entry_of(module_of(graph_, n), depth);
    return in_preorder();
  }

 private:
  std::uint32_t add(ModuleTree::Entry entry) {
    entries_.push_back(std::move(entry));
    children_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }

  std::uint32_t entry_of(std::string_view path, std::uint32_t depth) {
    const auto known = by_path_.find(path);
    if (known != by_path_.end()) return known->second;
    const char separator = separator_of(path);
    std::uint32_t at = 0;
    for (std::string& part : module_parts(path)) {
      if (entries_[at].depth == depth) break;
      at = child(at, std::move(part), separator);
    }
    by_path_.emplace(path, at);
    return at;
  }

  std::uint32_t child(std::uint32_t parent, std::string part, char separator) {
    const auto [found, inserted] = by_part_.try_emplace({parent, part}, 0);
    if (!inserted) return found->second;
    std::string path = entries_[parent].path;
    if (parent != 0) path += separator;
    path += part;
    const std::uint32_t depth = entries_[parent].depth + 1;
    found->second = add({std::move(part), std::move(path), depth});
    children_[parent].push_back(found->second);
    return found->second;
  }

  ModuleTree in_preorder() {
    ModuleTree tree;
    std::vector<std::uint32_t> place(entries_.size(), 0);
    std::vector<std::uint32_t> stack{0};
    while (!stack.empty()) {
      const std::uint32_t at = stack.back();
      stack.pop_back();
      place[at] = static_cast<std::uint32_t>(tree.entries.size());
      tree.entries.push_back(std::move(entries_[at]));
      stack.insert(stack.end(), children_[at].rbegin(), children_[at].rend());
    }
    tree.of.assign(graph_.node_count(), 0);
    for (const NodeId n : graph_.nodes()) tree.of[n] = place[met_[n]];
    return tree;
  }

  const Graph& graph_;
  std::vector<ModuleTree::Entry> entries_;
  std::vector<std::vector<std::uint32_t>> children_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> by_part_;
  std::map<std::string, std::uint32_t, std::less<>> by_path_;
  IdVector<NodeId, std::uint32_t> met_;
};

}  // namespace

std::string_view module_of(const Graph& graph, NodeId n) {
  const std::string_view own = graph.module(n);
  const NodeId forward = graph.forward_of(n);
  return own.empty() && forward != kNone<NodeId> ? graph.module(forward) : own;
}

std::string kind_of(std::string_view path) {
  std::string kind;
  for (const char c : path) {
    if (!is_digit(c)) {
      kind += c;
    } else if (kind.empty() || kind.back() != '*') {
      kind += '*';
    }
  }
  return kind;
}

std::vector<std::string> module_parts(std::string_view path) {
  if (path.empty()) return {};
  const char separator = separator_of(path);
  if (separator == '\0') return {std::string(path)};
  std::vector<std::string> parts = split(path, separator);
  std::erase(parts, std::string{});
  return parts;
}

ModuleTree module_tree(const Graph& graph, std::uint32_t depth) {
  return Grower(graph).grow(depth);
}

std::uint32_t deepest_with(const Graph& graph, std::size_t most) {
  const ModuleTree whole = module_tree(graph, kDeepest);
  std::vector<std::size_t> at_depth(kDeepest + 1, 0);
  for (const ModuleTree::Entry& entry : whole.entries) ++at_depth[entry.depth];
  std::size_t entries = 1;
  for (std::uint32_t depth = 1; depth <= kDeepest; ++depth) {
    entries += at_depth[depth];
    if (entries > most || at_depth[depth] == 0) return depth - 1;
  }
  return kDeepest;
}

}  // namespace hcb
