// Where nodes stand in the model, for people: module paths as a tree, and kinds of layers.
//
//     transformer/h.0/attn      path of a node; "/" cuts it, "." where there is none
//     transformer/h.*/attn      its kind: equal layers share it
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace hcb {

// A graph of more nodes is shown by module, not node by node.
inline constexpr std::size_t kMostShownNodes = 2000;

// The module of a node, or that of the forward node it belongs to; may be empty.
[[nodiscard]] std::string_view module_of(const Graph& graph, NodeId n);

// Every run of digits as one '*': what equal layers have in common.
[[nodiscard]] std::string kind_of(std::string_view path);

// "a/b.0/c" -> a, b.0, c; "a.b.0" -> a, b, 0; a source line ("f.py:3") is one part. Empty: none.
[[nodiscard]] std::vector<std::string> module_parts(std::string_view path);

// Entries in preorder; entry 0 is the root, whose name is empty. Children stand in the order of their
// first nodes.
struct ModuleTree {
  struct Entry {
    std::string name;  // the last part
    std::string path;  // parts joined as they were
    std::uint32_t depth = 0;
  };
  std::vector<Entry> entries;
  IdVector<NodeId, std::uint32_t> of;  // by node: the entry of its module
};

// Modules of at most `depth` parts: a node deeper down belongs to the module above it.
// O(nodes · parts + modules · log modules).
[[nodiscard]] ModuleTree module_tree(const Graph& graph, std::uint32_t depth);

// The greatest depth at which the tree has at most `most` entries, the root included; 0: none has.
[[nodiscard]] std::uint32_t deepest_with(const Graph& graph, std::size_t most);

}  // namespace hcb
