// Reads DOT as Boost.Graph does: what it takes, graphviz takes.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace hcb::test {

struct DotNode {
  std::string id;
  std::string label;
  std::string fillcolor;
  std::string color;
};

struct DotGraph {
  std::map<std::string, DotNode> nodes;                    // by id
  std::vector<std::pair<std::string, std::string>> edges;  // ids
  std::string error;                                       // empty: it was read
};

[[nodiscard]] DotGraph read_dot(const std::string& text);

}  // namespace hcb::test
