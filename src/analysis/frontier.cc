// Difference array over the cuts: a buffer is carried by the cuts after its owner up to its last
// use. Invariant: positions count the nodes of the scope only, so a forward frontier ignores
// backward readers.
#include "analysis/frontier.h"

#include <algorithm>
#include <limits>

namespace hcb {
namespace {

constexpr std::uint32_t kOutside = std::numeric_limits<std::uint32_t>::max();

// Place of every node among those of the scope; kOutside for the others.
struct Places {
  IdVector<NodeId, std::uint32_t> of;
  std::uint32_t count = 0;
};

Places places(const Graph& graph, FrontierScope scope) {
  Places result{IdVector<NodeId, std::uint32_t>(graph.node_count(), kOutside)};
  for (NodeId n : graph.nodes()) {
    if (scope == FrontierScope::whole || graph.phase(n) == Phase::forward) {
      result.of[n] = result.count++;
    }
  }
  return result;
}

// Place of the last use of b in the scope; that of its owner if there is none.
std::uint32_t last_use(const Graph& graph, const Places& place, BufferId b, FrontierScope scope) {
  if (scope == FrontierScope::whole && graph.is_output(b)) return place.count - 1;
  std::uint32_t last = place.of[graph.owner(b)];
  for (NodeId reader : graph.readers(b)) {
    if (place.of[reader] != kOutside) last = std::max(last, place.of[reader]);
  }
  return last;
}

}  // namespace

std::vector<Bytes> frontier_profile(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                    FrontierScope scope) {
  const Places place = places(graph, scope);
  if (place.count < 2) return {};
  // 128 bits: a sum of 2^32 sizes below 2^63 cannot overflow.
  std::vector<__int128> change(place.count, 0);
  for (BufferId b : graph.buffers()) {
    if (graph.resident(b) || place.of[graph.owner(b)] == kOutside) continue;
    // Cut i (counted from 0) lies between places i and i + 1.
    change[place.of[graph.owner(b)]] += size[b];
    change[last_use(graph, place, b, scope)] -= size[b];
  }
  std::vector<Bytes> profile(place.count - 1);
  __int128 carried = 0;
  for (std::size_t i = 0; i < profile.size(); ++i) {
    carried += change[i];
    profile[i] = static_cast<Bytes>(std::min<__int128>(carried, std::numeric_limits<Bytes>::max()));
  }
  return profile;
}

Bytes compute_frontier_width(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                             FrontierScope scope) {
  const std::vector<Bytes> profile = frontier_profile(graph, size, scope);
  return profile.empty() ? 0 : *std::ranges::max_element(profile);
}

FrontierSummary summarize_frontier(const std::vector<Bytes>& profile) {
  if (profile.empty()) return {};
  std::vector<Bytes> sorted = profile;
  std::ranges::sort(sorted);
  const auto ranked = [&](std::size_t percent) {
    return sorted[(sorted.size() * percent + 99) / 100 - 1];
  };
  const auto widest = std::ranges::max_element(profile);
  return {.cuts = profile.size(),
          .width = *widest,
          .widest = static_cast<std::size_t>(widest - profile.begin()),
          .median = ranked(50),
          .p95 = ranked(95)};
}

}  // namespace hcb
