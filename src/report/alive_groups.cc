#include "report/alive_groups.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "analysis/summary.h"
#include "report/modules.h"

namespace hcb {
namespace {

// Nothing is equal to a single buffer: it says where it is.
void name_single(const Graph& graph, NodeId keeper, AliveGroup& group) {
  const BufferId b = group.buffers.front();
  group.what = std::string(graph.name(b)) + ", " + place_text(graph, graph.owner(b));
  if (keeper != kNone<NodeId>) group.kept_by = place_text(graph, keeper);
}

}  // namespace

std::string place_kind(const Graph& graph, NodeId n) {
  const NodeId forward = graph.forward_of(n);
  const bool backward = graph.phase(n) == Phase::backward && forward != kNone<NodeId>;
  const NodeId named = backward ? forward : n;
  const std::string_view module = module_of(graph, n);
  std::string text = backward ? "backward of " : "";
  text += graph.op(named);
  text += module.empty() ? " " + kind_of(graph.name(named)) : " in " + kind_of(module);
  return text;
}

std::vector<AliveGroup> alive_groups(const Graph& graph, const Snapshot& snapshot) {
  std::vector<AliveGroup> groups;
  IdVector<BufferId, NodeId> keeper(graph.buffer_count(), kNone<NodeId>);
  std::map<std::tuple<std::string, std::string, Role>, std::size_t> group_of;
  for (const AliveBuffer& alive : snapshot.alive) {
    if (alive.bytes == 0) continue;
    const BufferId b = alive.buffer;
    keeper[b] = alive.kept_by;
    std::string what = place_kind(graph, graph.owner(b));
    std::string kept_by =
        alive.kept_by == kNone<NodeId> ? "output" : place_kind(graph, alive.kept_by);
    const auto [found, inserted] =
        group_of.try_emplace({what, kept_by, graph.role(b)}, groups.size());
    if (inserted)
      groups.push_back(
          {.what = std::move(what), .kept_by = std::move(kept_by), .role = graph.role(b)});
    AliveGroup& group = groups[found->second];
    group.bytes += alive.bytes;  // no more than the peak, which did not overflow
    group.buffers.push_back(b);
  }
  for (AliveGroup& group : groups) {
    if (group.buffers.size() == 1) name_single(graph, keeper[group.buffers.front()], group);
  }
  std::ranges::stable_sort(groups, std::ranges::greater{}, &AliveGroup::bytes);
  return groups;
}

}  // namespace hcb
