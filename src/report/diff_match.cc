#include "report/diff_match.h"

#include <array>
#include <span>
#include <string>
#include <unordered_map>

namespace hcb {
namespace {

// What a node is known by in one round.
struct Round {
  bool module = false;
  bool op = false;
  bool type = false;
  bool name = false;
  bool equally_often = false;  // only keys that are left equally often on both sides
};

constexpr std::array<Round, 7> kRounds{
    {{.module = true, .op = true, .type = true, .equally_often = true},
     {.module = true, .op = true, .type = true, .name = true},
     {.module = true, .op = true, .type = true},
     {.module = true, .op = true, .equally_often = true},
     {.module = true, .op = true, .name = true},
     {.op = true, .name = true},
     {.module = true, .op = true}}};

constexpr std::array<Round, 2> kRoundsByName{
    {{.op = true, .name = true}, {.op = true, .equally_often = true}}};

std::string key_of(const GraphRecord& graph, std::size_t node, const Round& round) {
  std::string key;
  const auto add = [&](std::string_view part) { key.append(part) += '\n'; };  // names have no '\n'
  if (round.op) add(graph.nodes[node].op);
  if (round.name) add(graph.nodes[node].name);
  if (round.module) add(graph.modules[graph.places[node].module]);
  if (round.type) add(graph.types[graph.places[node].type]);
  return key;
}

// Left-over nodes by key, each list in order of occurrence. Looked up, never walked.
using Groups = std::unordered_map<std::string, std::vector<NodeId>>;

Groups grouped(const GraphRecord& graph, const std::vector<NodeId>& partner, const Round& round) {
  Groups groups;
  for (std::size_t n = 0; n < partner.size(); ++n) {
    if (partner[n] == kNone<NodeId>) groups[key_of(graph, n, round)].push_back(id_at<NodeId>(n));
  }
  return groups;
}

class Matcher {
 public:
  Matcher(const GraphRecord& old_graph, const GraphRecord& new_graph)
      : old_(old_graph), new_(new_graph) {
    match_.to_new.assign(old_.nodes.size(), kNone<NodeId>);
    match_.to_old.assign(new_.nodes.size(), kNone<NodeId>);
  }

  NodeMatch match() && {
    const bool placed = !old_.places.empty() && !new_.places.empty();
    const auto rounds =
        placed ? std::span<const Round>(kRounds) : std::span<const Round>(kRoundsByName);
    for (const Round& round : rounds) pair_up(round);
    return std::move(match_);
  }

  NodeMatch identity() && {
    for (std::size_t n = 0; n < old_.nodes.size(); ++n) pair(id_at<NodeId>(n), id_at<NodeId>(n));
    match_.same_graph = true;
    return std::move(match_);
  }

 private:
  void pair(NodeId a, NodeId b) {
    match_.to_new[index(a)] = b;
    match_.to_old[index(b)] = a;
  }

  void pair_up(const Round& round) {
    const Groups old_groups = grouped(old_, match_.to_new, round);
    const Groups new_groups = grouped(new_, match_.to_old, round);
    for (std::size_t n = 0; n < old_.nodes.size(); ++n) {
      if (match_.to_new[n] != kNone<NodeId>) continue;
      const std::string key = key_of(old_, n, round);
      const auto found = new_groups.find(key);
      if (found == new_groups.end()) continue;
      const std::vector<NodeId>& mine = old_groups.at(key);
      if (round.equally_often && mine.size() != found->second.size()) continue;
      pair_lists(mine, found->second);
    }
  }

  // All of a group at once: its further nodes are then no longer left over.
  void pair_lists(const std::vector<NodeId>& mine, const std::vector<NodeId>& theirs) {
    if (match_.to_old[index(theirs.front())] != kNone<NodeId>) return;
    for (std::size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i) {
      pair(mine[i], theirs[i]);
    }
  }

  const GraphRecord& old_;
  const GraphRecord& new_;
  NodeMatch match_;
};

}  // namespace

NodeMatch match_nodes(const GraphRecord& old_graph, const GraphRecord& new_graph) {
  Matcher matcher(old_graph, new_graph);
  const bool same_count = old_graph.nodes.size() == new_graph.nodes.size();
  const bool same_text = old_graph.fingerprint == new_graph.fingerprint;
  const bool renamed = !old_graph.unnamed_fingerprint.empty() &&
                       old_graph.unnamed_fingerprint == new_graph.unnamed_fingerprint;
  return same_count && (same_text || renamed) ? std::move(matcher).identity()
                                              : std::move(matcher).match();
}

}  // namespace hcb
