// What the search reads of a graph, in flat arrays: buffers that take no bytes of their own are
// left out, so that every item here costs memory.
//
// A buffer takes none when its rounded size is 0 or when it lies in the storage of a resident that
// its owner mutates. Such a buffer is present from its first production on, whatever is replayed.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace hcb::search {

// An output that takes over the storage of an input of its node where that input's life ends.
struct Taker {
  NodeId node = kNone<NodeId>;
  Bytes bytes = 0;
};

struct Problem {
  Problem(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes resident,
          bool reorder = false);

  const Graph* graph;
  bool reorder;    // may first executions move?
  Bytes resident;  // bytes of all resident buffers: a part of every peak
  IdVector<BufferId, Bytes> bytes;
  IdVector<BufferId, NodeId> owner;
  IdVector<BufferId, char> is_output;
  Csr<NodeId, BufferId> reads;  // buffers with bytes only
  Csr<NodeId, BufferId> makes;
  Csr<BufferId, Taker> takers;   // by donor
  Csr<NodeId, NodeId> mutators;  // nodes that end the life of a resident this node reads
  IdVector<NodeId, Nanos> time;  // of one execution
  IdVector<NodeId, Bytes> workspace;
  IdVector<NodeId, char> replayable;

  [[nodiscard]] std::size_t node_count() const { return time.size(); }
  [[nodiscard]] std::size_t buffer_count() const { return bytes.size(); }
};

}  // namespace hcb::search
