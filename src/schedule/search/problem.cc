#include "schedule/search/problem.h"

#include <utility>

namespace hcb::search {
namespace {

bool in_resident_storage(const Graph& graph, BufferId b) {
  const BufferId donor = graph.donor(b);
  return donor != kNone<BufferId> && graph.resident(donor);
}

IdVector<BufferId, Bytes> own_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  IdVector<BufferId, Bytes> bytes(graph.buffer_count(), 0);
  for (const BufferId b : graph.buffers()) {
    if (!graph.resident(b) && !in_resident_storage(graph, b)) bytes[b] = size[b];
  }
  return bytes;
}

Csr<NodeId, BufferId> with_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& bytes,
                                 std::span<const BufferId> (Graph::*row)(NodeId) const) {
  Csr<NodeId, BufferId> csr;
  std::vector<BufferId> kept;
  for (const NodeId n : graph.nodes()) {
    kept.clear();
    for (const BufferId b : (graph.*row)(n)) {
      if (bytes[b] > 0) kept.push_back(b);
    }
    csr.add_row(kept);
  }
  return csr;
}

// The nodes that read a resident are not among the rows of `reads`: their inputs are looked at.
Csr<NodeId, NodeId> readers_before_mutation(const Graph& graph) {
  IdVector<BufferId, NodeId> mutator(graph.buffer_count(), kNone<NodeId>);
  for (const BufferId b : graph.buffers()) {
    if (in_resident_storage(graph, b)) mutator[graph.donor(b)] = graph.owner(b);
  }
  Csr<NodeId, NodeId> csr;
  std::vector<NodeId> before;
  for (const NodeId n : graph.nodes()) {
    before.clear();
    for (const ValueId v : graph.inputs(n)) {
      if (v == kNone<ValueId>) continue;
      const NodeId m = mutator[graph.buffer(v)];
      if (m != kNone<NodeId>) before.push_back(m);
    }
    csr.add_row(before);
  }
  return csr;
}

Csr<BufferId, Taker> takers_by_donor(const Graph& graph, const IdVector<BufferId, Bytes>& bytes) {
  std::vector<std::pair<BufferId, Taker>> pairs;
  for (const BufferId b : graph.buffers()) {
    const BufferId donor = graph.donor(b);
    if (donor == kNone<BufferId> || bytes[b] == 0 || bytes[b] != bytes[donor]) continue;
    pairs.emplace_back(donor, Taker{graph.owner(b), bytes[b]});
  }
  return Csr<BufferId, Taker>::from_pairs(graph.buffer_count(), pairs);
}

}  // namespace

Problem::Problem(const Graph& g, const IdVector<BufferId, Bytes>& size, Bytes resident_bytes,
                 bool may_reorder)
    : graph(&g),
      reorder(may_reorder),
      resident(resident_bytes),
      bytes(own_bytes(g, size)),
      owner(g.buffer_count(), kNone<NodeId>),
      is_output(g.buffer_count(), 0),
      reads(with_bytes(g, bytes, &Graph::reads)),
      makes(with_bytes(g, bytes, &Graph::makes)),
      takers(takers_by_donor(g, bytes)),
      mutators(readers_before_mutation(g)),
      time(g.node_count(), 0),
      workspace(g.node_count(), 0),
      replayable(g.node_count(), 0) {
  for (const BufferId b : g.buffers()) {
    owner[b] = g.owner(b);
    is_output[b] = g.is_output(b) ? 1 : 0;
  }
  for (const NodeId n : g.nodes()) {
    time[n] = g.cost(n).time;
    workspace[n] = g.cost(n).workspace;
    replayable[n] = g.flags(n).never_replay ? 0 : 1;
  }
}

}  // namespace hcb::search
