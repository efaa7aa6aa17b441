#include "graph/graph.h"

#include <fmt/format.h>

namespace hcb {

Graph Graph::with_costs(IdVector<NodeId, Cost> costs) const {
  Graph copy = *this;
  copy.node_cost_ = std::move(costs);
  return copy;
}

Graph Graph::with_bytes(IdVector<BufferId, Bytes> bytes) const {
  Graph copy = *this;
  copy.buffer_bytes_ = std::move(bytes);
  return copy;
}

Result<IdVector<BufferId, Bytes>> rounded_sizes(const Graph& graph, Bytes alignment) {
  IdVector<BufferId, Bytes> size(graph.buffer_count());
  for (const BufferId b : graph.buffers()) {
    const auto rounded = round_up(graph.bytes(b), alignment);
    if (!rounded) {
      return fail(ErrorKind::bad_input,
                  fmt::format("value '{}': {} bytes rounded up to {} exceed 2^63 - 1",
                              graph.name(b), graph.bytes(b), alignment));
    }
    size[b] = *rounded;
  }
  return size;
}

Result<Bytes> resident_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  Bytes total = 0;
  for (const BufferId b : graph.buffers()) {
    if (!graph.resident(b)) continue;
    const auto sum = checked_add(total, size[b]);
    if (!sum) {
      return fail(ErrorKind::bad_input,
                  fmt::format("resident bytes exceed 2^63 - 1 at value '{}'", graph.name(b)));
    }
    total = *sum;
  }
  return total;
}

Nanos base_time(const Graph& graph) {
  Nanos total = 0;
  for (const NodeId n : graph.nodes()) total += graph.cost(n).time;
  return total;
}

}  // namespace hcb
