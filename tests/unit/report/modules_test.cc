#include "report/modules.h"

#include <doctest/doctest.h>

#include "support/small_stack.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

TEST_CASE("module paths: parts, and kinds") {
  using Parts = std::vector<std::string>;
  CHECK(module_parts("transformer/h.0/attn") == Parts{"transformer", "h.0", "attn"});
  CHECK(module_parts("blocks.0.qkv") == Parts{"blocks", "0", "qkv"});
  CHECK(module_parts("steps.py:77") == Parts{"steps.py:77"});
  CHECK(module_parts("/h.0//attn/") == Parts{"h.0", "attn"});
  CHECK(module_parts("").empty());
  CHECK(kind_of("transformer/h.11/attn") == "transformer/h.*/attn");
  CHECK(kind_of("12.conv2d") == "*.conv*d");
  CHECK(kind_of("") == "");
}

// Forward nodes a, b, c, d in modules m.0.x, m.1.x, m.0.y, none; backward ga of a, without a module.
Graph in_modules() {
  SmallTraining g;
  const NodeId a = g.forward("a", {"x"});
  g.in_module(a, "m.0.x");
  g.in_module(g.forward("b", {"a"}), "m.1.x");
  g.in_module(g.forward("c", {"b"}), "m.0.y");
  g.forward("d", {"c"});
  g.backward("ga", {"d"}, a);
  return std::move(g).finish({"ga"});
}

std::string shown(const ModuleTree& tree) {
  std::string text;
  for (const auto& entry : tree.entries)
    text += std::to_string(entry.depth) + ":" + entry.path + " ";
  for (const std::uint32_t at : tree.of) text += std::to_string(at);
  return text;
}

TEST_CASE("module tree: preorder, children in the order of their first nodes") {
  const Graph graph = in_modules();
  CHECK(shown(module_tree(graph, 9)) ==
        "0: 1:m 2:m.0 3:m.0.x 3:m.0.y 2:m.1 3:m.1.x 36403");  // a b c d ga
  CHECK(shown(module_tree(graph, 2)) == "0: 1:m 2:m.0 2:m.1 23202");
  CHECK(shown(module_tree(graph, 0)) == "0: 00000");
  CHECK(module_of(graph, NodeId{4}) == "m.0.x");
}

TEST_CASE("module tree: the greatest depth with few entries") {
  const Graph graph = in_modules();
  CHECK(deepest_with(graph, 7) == 3);
  CHECK(deepest_with(graph, 6) == 2);  // root, m, m.0, m.1
  CHECK(deepest_with(graph, 3) == 1);
  CHECK(deepest_with(graph, 1) == 0);
}

TEST_CASE("module tree: a path of 100,000 parts on a small stack") {
  SmallTraining g;
  std::string path = "m";
  for (int i = 0; i < 100'000; ++i) path += ".m";
  g.in_module(g.forward("a", {"x"}), path);
  const Graph graph = std::move(g).finish({"a"});
  on_small_stack(256 << 10, [&] { CHECK(module_tree(graph, 1000).entries.size() == 1001); });
}

}  // namespace
}  // namespace hcb
