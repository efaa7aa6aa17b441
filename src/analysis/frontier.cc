// Difference array over the cuts: a buffer is carried by the cuts after its owner up to its last
// use. Invariant: positions count the nodes of the scope only, so a forward frontier ignores
// backward readers.
#include "analysis/frontier.h"

#include <algorithm>
#include <limits>

namespace hcb {
namespace {

constexpr std::size_t kMostPending = 1024;
constexpr std::uint32_t kOutside = std::numeric_limits<std::uint32_t>::max();

// Place of every node among those of the scope; kOutside for the others.
struct Places {
  IdVector<NodeId, std::uint32_t> of;
  std::uint32_t count = 0;
};

Places places(const Graph& graph, FrontierScope scope, std::span<const NodeId> order) {
  Places result{IdVector<NodeId, std::uint32_t>(graph.node_count(), kOutside)};
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeId n = order.empty() ? id_at<NodeId>(i) : order[i];
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

// Calls visit(buffer, place of its owner, place of its last use) for all that is made in the scope.
template <class Visit>
void for_each_life(const Graph& graph, const Places& place, FrontierScope scope, Visit visit) {
  for (BufferId b : graph.buffers()) {
    if (graph.resident(b) || place.of[graph.owner(b)] == kOutside) continue;
    visit(b, place.of[graph.owner(b)], last_use(graph, place, b, scope));
  }
}

void keep_largest(std::vector<BufferId>& all, const IdVector<BufferId, Bytes>& size,
                  std::size_t count) {
  std::ranges::stable_sort(all, std::ranges::greater{}, [&](BufferId b) { return size[b]; });
  all.resize(std::min(all.size(), count));
}

}  // namespace

std::vector<Bytes> frontier_profile(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                    FrontierScope scope, std::span<const NodeId> order) {
  const Places place = places(graph, scope, order);
  if (place.count < 2) return {};
  // 128 bits: a sum of 2^32 sizes below 2^63 cannot overflow.
  std::vector<__int128> change(place.count, 0);
  // Cut i (counted from 0) lies between places i and i + 1.
  for_each_life(graph, place, scope, [&](BufferId b, std::uint32_t made, std::uint32_t last) {
    change[made] += size[b];
    change[last] -= size[b];
  });
  std::vector<Bytes> profile(place.count - 1);
  __int128 carried = 0;
  for (std::size_t i = 0; i < profile.size(); ++i) {
    carried += change[i];
    profile[i] = static_cast<Bytes>(std::min<__int128>(carried, std::numeric_limits<Bytes>::max()));
  }
  return profile;
}

Bytes compute_frontier_width(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                             FrontierScope scope, std::span<const NodeId> order) {
  const std::vector<Bytes> profile = frontier_profile(graph, size, scope, order);
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

std::vector<CutSnapshot> cut_snapshots(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                       FrontierScope scope, std::span<const std::size_t> cuts,
                                       std::size_t largest, std::span<const NodeId> order) {
  const std::vector<Bytes> profile = frontier_profile(graph, size, scope, order);
  std::vector<CutSnapshot> snapshots;
  snapshots.reserve(cuts.size());
  for (const std::size_t cut : cuts) snapshots.push_back({.cut = cut, .bytes = profile[cut]});
  const Places place = places(graph, scope, order);
  for_each_life(graph, place, scope, [&](BufferId b, std::uint32_t made, std::uint32_t last) {
    const auto first = std::ranges::lower_bound(snapshots, made, {}, &CutSnapshot::cut);
    for (auto at = first; at != snapshots.end() && at->cut < last; ++at) {
      ++at->buffers;
      at->largest.push_back(b);
      if (at->largest.size() >= kMostPending + 2 * largest)
        keep_largest(at->largest, size, largest);
    }
  });
  for (CutSnapshot& snapshot : snapshots) keep_largest(snapshot.largest, size, largest);
  return snapshots;
}

std::vector<std::size_t> spread_cuts(const std::vector<Bytes>& profile, std::size_t count) {
  std::vector<std::size_t> cuts;
  if (profile.empty()) return cuts;
  const std::size_t taken = std::min(count, profile.size());
  for (std::size_t i = 0; i < taken; ++i)
    cuts.push_back((2 * i + 1) * profile.size() / (2 * taken));
  cuts.push_back(static_cast<std::size_t>(std::ranges::max_element(profile) - profile.begin()));
  std::ranges::sort(cuts);
  const auto rest = std::ranges::unique(cuts);
  cuts.erase(rest.begin(), rest.end());
  return cuts;
}

}  // namespace hcb
