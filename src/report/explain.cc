#include "report/explain.h"

#include <algorithm>
#include <map>

#include "check/simulate.h"
#include "report/modules.h"

namespace hcb {
namespace {

std::vector<std::pair<Role, Bytes>> residents_by_role(const Graph& graph,
                                                      const IdVector<BufferId, Bytes>& size) {
  std::map<Role, Bytes> sums;
  for (const BufferId b : graph.buffers()) {
    if (graph.resident(b)) sums[graph.role(b)] += size[b];  // simulate() has checked the sum
  }
  std::vector<std::pair<Role, Bytes>> sorted(sums.begin(), sums.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &std::pair<Role, Bytes>::second);
  return sorted;
}

// Is a's relief cheaper per byte than b's? Then the one that frees more, then the larger group.
bool better(const ReliefRow& a, const ReliefRow& b) {
  const auto left = static_cast<__int128>(a.relief.time) * b.relief.bytes;
  const auto right = static_cast<__int128>(b.relief.time) * a.relief.bytes;
  if (left != right) return left < right;
  if (a.relief.bytes != b.relief.bytes) return a.relief.bytes > b.relief.bytes;
  return a.group < b.group;
}

std::string buffer_words(std::string_view verb, const Graph& graph, BufferId b) {
  return std::string(verb) + " " + std::string(name(graph.role(b))) + " " +
         std::string(graph.name(b));
}

void largest_first(std::vector<WitnessPart>& parts, std::size_t from) {
  std::ranges::stable_sort(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end(),
                           std::ranges::greater{}, &WitnessPart::bytes);
}

// What is alive while the witness of L1 runs.
std::vector<WitnessPart> node_parts(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                    NodeId n) {
  std::vector<WitnessPart> parts;
  for (const BufferId b : graph.reads(n))
    parts.push_back({buffer_words("reads", graph, b), size[b]});
  for (const BufferId b : graph.makes(n))
    parts.push_back({buffer_words("makes", graph, b), size[b]});
  if (graph.cost(n).workspace > 0) parts.push_back({"workspace", graph.cost(n).workspace});
  return parts;
}

// The outputs, which are all there when the last of them is finished.
std::vector<WitnessPart> output_parts(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  std::map<Role, Bytes> sums;
  for (const BufferId b : graph.buffers()) {
    if (!graph.resident(b) && graph.is_output(b))
      sums[graph.role(b)] = checked_add(sums[graph.role(b)], size[b]).value_or(sums[graph.role(b)]);
  }
  std::vector<WitnessPart> parts;
  for (const auto& [role, bytes] : sums)
    parts.push_back({"held to the end: " + std::string(name(role)) + "s", bytes});
  return parts;
}

// What the parts do not say: kept because it runs once only, or taken over in place.
void add_rest(std::vector<WitnessPart>& parts, Bytes total, bool outputs) {
  Bytes sum = 0;
  for (const WitnessPart& part : parts) sum = checked_add(sum, part.bytes).value_or(total);
  if (sum < total)
    parts.push_back({outputs ? "at the node that finishes the last of them"
                             : "made before by nodes that may run once only, and needed later",
                     total - sum});
  if (sum > total) parts.push_back({"results that take over the storage of an input", total - sum});
}

}  // namespace

Result<PeakStory> peak_story(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                             std::span<const NodeId> sequence) {
  HCB_TRY(const Simulation simulation, simulate(graph, sequence, size));
  PeakStory story{.peak = simulation.peak, .executions = sequence.size()};
  story.composition.resident = simulation.resident;
  story.residents = residents_by_role(graph, size);
  if (sequence.empty()) return story;
  story.position = simulation.peak_position;
  const NodeId n = sequence[story.position];
  story.at = place_text(graph, n);
  story.op = graph.op(n);
  story.phase = name(graph.phase(n));
  story.module = module_of(graph, n);
  const Snapshot there = snapshot(graph, sequence, size, simulation.resident, story.position);
  story.composition = there.composition;
  story.alive = there.alive.size();
  story.groups = alive_groups(graph, there);
  return story;
}

std::vector<ReliefRow> relief_rows(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                   std::span<const NodeId> sequence, const PeakStory& peak,
                                   const Context& context) {
  std::vector<ReliefRow> rows;
  const auto before = simulate(graph, sequence, size);
  if (!before) return rows;
  ReliefProbe probe(graph, size, sequence, *before, peak.position);
  const std::size_t count = std::min(peak.groups.size(), kMostReliefs);
  for (std::size_t i = 0; i < count && !context.cancelled(); ++i) {
    if (const auto relief = probe.of(peak.groups[i].buffers)) rows.push_back({i, *relief});
  }
  std::ranges::sort(rows, better);
  return rows;
}

std::vector<WitnessPart> witness_parts(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                       const MemoryBounds& bounds) {
  std::vector<WitnessPart> parts;
  if (bounds.resident > 0) parts.push_back({"resident", bounds.resident});
  const bool outputs = bounds.l2 > bounds.l1;
  if (bounds.witness == kNone<NodeId>) return parts;
  for (WitnessPart& part :
       outputs ? output_parts(graph, size) : node_parts(graph, size, bounds.witness)) {
    if (part.bytes > 0) parts.push_back(std::move(part));
  }
  largest_first(parts, bounds.resident > 0 ? 1 : 0);
  add_rest(parts, bounds.bound, outputs);
  return parts;
}

std::vector<AgainRow> again_rows(const Graph& graph, const Plan& plan) {
  std::vector<AgainRow> rows;
  std::vector<NodeId> first;  // by row
  std::map<std::string, std::size_t> row_of;
  IdVector<NodeId, std::size_t> runs(graph.node_count(), 0);
  for (const NodeId n : executions(plan)) {
    if (++runs[n] == 1) continue;
    const std::string kind = place_kind(graph, n);
    const auto [found, inserted] = row_of.try_emplace(kind, rows.size());
    if (inserted) {
      rows.push_back({.what = kind});
      first.push_back(n);
    }
    AgainRow& row = rows[found->second];
    row.nodes += runs[n] == 2 ? 1 : 0;
    ++row.executions;
    row.time += graph.cost(n).time;  // no more than the extra time, which did not overflow
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].nodes == 1) rows[i].what = place_text(graph, first[i]);
  }
  std::ranges::stable_sort(rows, std::ranges::greater{}, &AgainRow::time);
  return rows;
}

}  // namespace hcb
