// Arguments of hcb.v1 nodes as attributes. Internal to src/ingest.
#pragma once

#include <vector>

#include "graph/types.h"
#include "hcb/v1/graph.pb.h"

namespace hcb::internal {

// Those that costs depend on: flags, integers and lists of integers; positional ones are named by
// their position.
[[nodiscard]] std::vector<Attribute> cost_attributes_of(const v1::Node& node);

// Parameters of a jax primitive; what is nested is named by its path: "dimension_numbers.rhs_spec" is
// a field of a record, "dimension_numbers.0.1" the second item of the first of a list.
[[nodiscard]] std::vector<Attribute> jax_attributes_of(const v1::Node& node);

// All that an attribute can hold, as add_attribute() wrote them.
[[nodiscard]] std::vector<Attribute> attributes_of(const v1::Node& node);

void add_attribute(v1::Node& node, const Attribute& attribute);

}  // namespace hcb::internal
