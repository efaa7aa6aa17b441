// Families of graphs: what `hcb generate` writes (docs/generate.md). The same request gives the same
// graph on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "graph/graph.h"

namespace hcb {

struct GenerateRequest {
  std::size_t nodes = 100;  // forward nodes
  std::optional<std::size_t> width;
  std::optional<std::uint64_t> seed;  // 0 where none is given
  bool training = false;              // with the backward
};

struct Family {
  std::string_view name;
  std::string_view summary;
  std::string_view width;  // what --width is; empty: not read
  std::size_t least_width;
  std::size_t most_width;
  bool seeded;  // false: --seed changes nothing
  Result<Graph> (*make)(const GenerateRequest& request);
};

constexpr std::size_t kMostGeneratedNodes = 1'000'000;

// In the order of the help text.
[[nodiscard]] std::span<const Family> families();

// Errors (usage): an unknown family (nearest match); nodes not in [1, kMostGeneratedNodes]; a width
// out of range; a width or seed for a family that does not read it. O(nodes + edges).
[[nodiscard]] Result<Graph> generate(std::string_view family, const GenerateRequest& request);

}  // namespace hcb
