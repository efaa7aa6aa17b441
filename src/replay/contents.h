// Where the contents of a step's residents come from: a file, the graph, or a seed.
//
//     parameters, buffers, constants   --weights FILE; a small constant from the graph; else seeded
//     inputs                           --inputs FILE; else seeded
//
// Seeded floating parameters with two or more dims are N(0, 1/fan_in), others N(0, 0.01); buffers
// are ones where the name ends in "var", zeros otherwise; floating inputs N(0, 1), integer inputs
// uniform below the smallest table that they index, boolean ones true.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/calls.h"
#include "graph/graph.h"
#include "replay/safetensors.h"
#include "torch/torch_machine.h"

namespace hcb {

enum class Origin { file, graph, seed };

// Of one resident that no node makes.
struct Content {
  ValueId value = kNone<ValueId>;
  Origin origin = Origin::seed;
  std::span<const std::byte> elements;  // file, graph
  Fill fill;                            // seed
};

struct ContentFiles {
  const SafetensorsFile* weights = nullptr;
  const SafetensorsFile* inputs = nullptr;
};

// Contents for every resident, in the order of their ids. Files outlive the result. Errors
// (bad_input, naming the file and every value concerned): a file lacks values of its kind; another
// element type or shape.
[[nodiscard]] Result<std::vector<Content>> choose_contents(const Graph& graph, const Calls& calls,
                                                           const ContentFiles& files,
                                                           std::uint64_t seed);

// The least size among the tables that the integers of `v` index, `v` or what is a view or a copy of
// it; nullopt: it indexes none. O(nodes that read them).
[[nodiscard]] std::optional<std::int64_t> table_limit(const Graph& graph, const Calls& calls,
                                                      ValueId v);

// Tensors with these contents, by value; views of residents share their base's storage.
[[nodiscard]] Result<IdVector<ValueId, Handle>> make_residents(const Graph& graph,
                                                               const Calls& calls,
                                                               const std::vector<Content>& contents,
                                                               TorchMachine& machine);

// The residents that a step overwrites (running statistics, updated parameters), bases only,
// ascending.
[[nodiscard]] std::vector<ValueId> written_residents(const Graph& graph, const Calls& calls);

}  // namespace hcb
