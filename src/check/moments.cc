// P and N of every moment by one sweep over the neighbours, then each row is read off the graph
// when it is asked for. Where the memory model lets an output take over a storage, its bytes are
// left out: rows are then weaker, never false. Source: docs/theory-bounds.md.
#include "check/moments.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

std::unexpected<Error> error(std::string message) {
  return fail(ErrorKind::check_failed, std::move(message));
}

// Bytes that a buffer surely adds to the residents while it is live: none if its storage is, or may
// come to be through a chain of donations, that of a resident.
IdVector<BufferId, Bytes> bytes_beside_residents(const Graph& graph,
                                                 const IdVector<BufferId, Bytes>& size) {
  IdVector<BufferId, Bytes> sure(graph.buffer_count(), 0);
  IdVector<BufferId, char> of_resident(graph.buffer_count(), 0);
  for (const NodeId n : graph.nodes()) {
    for (const BufferId b : graph.makes(n)) {
      const BufferId donor = graph.donor(b);
      of_resident[b] = donor != kNone<BufferId> && (graph.resident(donor) || of_resident[donor]);
      sure[b] = of_resident[b] ? 0 : size[b];
    }
  }
  return sure;
}

IdVector<NodeId, char> ancestors(const Graph& graph, NodeId v) {
  IdVector<NodeId, char> mark(graph.node_count(), 0);
  mark[v] = 1;
  for (std::size_t i = index(v) + 1; i-- > 0;) {
    const auto n = id_at<NodeId>(i);
    if (!mark[n]) continue;
    for (const NodeId p : graph.predecessors(n)) mark[p] = 1;
  }
  mark[v] = 0;
  return mark;
}

IdVector<NodeId, char> descendants(const Graph& graph, NodeId v) {
  IdVector<NodeId, char> mark(graph.node_count(), 0);
  mark[v] = 1;
  for (std::size_t i = index(v); i < graph.node_count(); ++i) {
    const auto n = id_at<NodeId>(i);
    if (!mark[n]) continue;
    for (const NodeId s : graph.successors(n)) mark[s] = 1;
  }
  mark[v] = 0;
  return mark;
}

Result<void> check_total(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  Bytes total = 0;
  const auto add = [&](Bytes bytes) {
    const auto sum = checked_add(total, bytes);
    if (sum) total = *sum;
    return sum.has_value();
  };
  for (const BufferId b : graph.buffers()) {
    if (!add(size[b])) return error("the bytes of all buffers exceed 2^63");
  }
  for (const NodeId n : graph.nodes()) {
    if (!add(graph.cost(n).workspace)) return error("the bytes of all workspaces exceed 2^63");
  }
  return {};
}

}  // namespace

std::string_view name(RowKind kind) {
  static constexpr std::string_view kNames[kRowKinds] = {
      "capacity",       "need",        "input",        "segment_need",
      "segment_input",  "hold",        "suffix_least", "suffix_later",
      "suffix_most",    "across",      "pass",         "instant_after",
      "instant_reader", "instant_cap", "end",          "rounded"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<MomentSystem> MomentSystem::make(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                        Bytes budget, MomentSpec spec) {
  MomentSystem system;
  system.graph_ = &graph;
  system.spec_ = std::move(spec);
  HCB_CHECK(check_total(graph, size));
  system.sure_ = bytes_beside_residents(graph, size);
  HCB_CHECK(system.place_moments());
  HCB_CHECK(system.place_instants());
  HCB_CHECK(system.set_capacities(budget, size));
  return system;
}

Result<void> MomentSystem::place_moments() {
  const Graph& graph = *graph_;
  if (spec_.moments.empty()) return error("certificate: no moment");
  for (std::size_t k = 0; k < spec_.moments.size(); ++k) {
    const NodeId v = spec_.moments[k];
    if (index(v) >= graph.node_count()) {
      return error(
          fmt::format("certificate: moment {}: node {} of {}", k, index(v), graph.node_count()));
    }
    if (k > 0 && spec_.moments[k - 1] >= v) {
      return error(fmt::format("certificate: moment {} is not behind the one before it", k));
    }
    if (spec_.scope == Scope::any_order) {
      before_.push_back(ancestors(graph, v));
      after_.push_back(descendants(graph, v));
      if (k > 0 && !before_[k][spec_.moments[k - 1]]) {
        return error(fmt::format("certificate: moment {} is no ancestor of the next one", k - 1));
      }
    } else {
      IdVector<NodeId, char> past(graph.node_count(), 0);
      IdVector<NodeId, char> future(graph.node_count(), 0);
      for (const NodeId n : graph.nodes()) past[n] = n<v, future[n] = n> v;
      before_.push_back(std::move(past));
      after_.push_back(std::move(future));
    }
    IdVector<BufferId, char> read(graph.buffer_count(), 0);
    for (const BufferId b : graph.reads(v)) read[b] = 1;
    read_.push_back(std::move(read));
  }
  return {};
}

bool MomentSystem::is_gap(std::size_t k) const {
  const std::size_t next = suffix_is_last(k) ? graph_->node_count() : index(spec_.moments[k + 1]);
  return index(spec_.moments[k]) + 1 == next;
}

Result<void> MomentSystem::place_instants() const {
  for (const Instant& instant : spec_.instants) {
    if (spec_.scope != Scope::given_order_plain_gaps)
      return error(fmt::format("certificate: instants in scope {}", name(spec_.scope)));
    const std::size_t k = instant.moment;
    if (k >= moment_count() || !is_gap(k) || instant.node > spec_.moments[k]) {
      return error(
          fmt::format("certificate: no instant of node {} in segment {}", index(instant.node), k));
    }
  }
  return {};
}

Result<void> MomentSystem::set_capacities(Bytes budget, const IdVector<BufferId, Bytes>& size) {
  HCB_TRY(const Bytes resident, resident_bytes(*graph_, size));
  if (__builtin_sub_overflow(budget, resident, &free_bytes_))
    return error("certificate: the budget is out of range");
  for (const NodeId v : spec_.moments) {
    Bytes left = 0;
    if (__builtin_sub_overflow(free_bytes_, fresh_bytes(v) + input_bytes(v), &left))
      return error("certificate: the budget is out of range");
    capacity_.push_back(left);
  }
  return {};
}

Bytes MomentSystem::fresh_bytes(NodeId n) const {
  Bytes total = graph_->cost(n).workspace;
  for (const BufferId b : graph_->makes(n)) {
    if (graph_->donor(b) == kNone<BufferId>) total += sure_[b];
  }
  return total;
}

Bytes MomentSystem::input_bytes(NodeId n) const {
  Bytes total = 0;
  for (const BufferId b : graph_->reads(n)) total += sure_[b];
  return total;
}

bool MomentSystem::reads_buffer(NodeId n, BufferId b) const {
  return std::ranges::binary_search(graph_->reads(n), b);
}

std::size_t MomentSystem::variable_count() const {
  return moment_count() * 2 * (graph_->node_count() + graph_->buffer_count()) +
         spec_.instants.size() * graph_->buffer_count();
}

std::uint32_t MomentSystem::r(std::size_t k, NodeId i) const {
  return static_cast<std::uint32_t>(k * graph_->node_count() + index(i));
}

std::uint32_t MomentSystem::t(std::size_t k, NodeId i) const {
  if (suffix_is_last(k)) return r(k, i);
  return static_cast<std::uint32_t>((moment_count() + k) * graph_->node_count() + index(i));
}

std::uint32_t MomentSystem::x(std::size_t k, BufferId b) const {
  return static_cast<std::uint32_t>(2 * moment_count() * graph_->node_count() +
                                    k * graph_->buffer_count() + index(b));
}

std::uint32_t MomentSystem::y(std::size_t k, BufferId b) const { return x(moment_count() + k, b); }

std::uint32_t MomentSystem::l(std::size_t j, BufferId b) const {
  return x(2 * moment_count() + j, b);
}

Result<std::uint32_t> MomentSystem::variable(const VariableRef& ref) const {
  using enum VariableRef::Kind;
  const bool of_node = ref.kind == r || ref.kind == t;
  const std::size_t places = ref.kind == l ? spec_.instants.size() : moment_count();
  const std::size_t ids = of_node ? graph_->node_count() : graph_->buffer_count();
  if (ref.at >= places || ref.id >= ids)
    return error(fmt::format("certificate: no variable {} of moment {}", ref.id, ref.at));
  if (of_node) {
    const auto i = NodeId{ref.id};
    return ref.kind == t ? this->t(ref.at, i) : this->r(ref.at, i);
  }
  const std::size_t block = ref.kind == x ? 0 : ref.kind == y ? 1 : 2;
  return this->x(block * moment_count() + ref.at, BufferId{ref.id});
}

VariableRef MomentSystem::named(std::uint32_t variable) const {
  using enum VariableRef::Kind;
  const auto moments = static_cast<std::uint32_t>(moment_count());
  const auto nodes = static_cast<std::uint32_t>(graph_->node_count());
  const auto buffers = static_cast<std::uint32_t>(graph_->buffer_count());
  if (variable < 2 * moments * nodes) {
    const std::uint32_t at = variable / nodes;
    return {at < moments ? r : t, at < moments ? at : at - moments, variable % nodes};
  }
  const std::uint32_t place = (variable - 2 * moments * nodes) / buffers;
  const std::uint32_t id = (variable - 2 * moments * nodes) % buffers;
  if (place < moments) return {x, place, id};
  if (place < 2 * moments) return {y, place - moments, id};
  return {l, place - 2 * moments, id};
}

std::vector<std::int8_t> MomentSystem::lows() const {
  std::vector<std::int8_t> low(variable_count(), 0);
  for (std::size_t k = 0; k < moment_count(); ++k) {
    for (const BufferId b : graph_->reads(spec_.moments[k])) low[x(k, b)] = 1;
  }
  return low;
}

std::vector<std::int8_t> MomentSystem::highs() const {
  std::vector<std::int8_t> high(variable_count(), 1);
  for (std::size_t k = 0; k < moment_count(); ++k) {
    for (const NodeId i : graph_->nodes()) {
      if (replayable(k, i)) continue;
      high[r(k, i)] = 0;
      high[t(k, i)] = 0;
    }
  }
  return high;
}

NodeId MomentSystem::recomputed(std::uint32_t variable) const {
  if (variable >= moment_count() * graph_->node_count()) return kNone<NodeId>;
  return id_at<NodeId>(variable % graph_->node_count());
}

bool MomentSystem::replayable(std::size_t k, NodeId i) const {
  if (graph_->flags(i).never_replay) return false;
  return before(k, i) || (spec_.scope == Scope::given_order_plain_gaps && i == spec_.moments[k]);
}

bool MomentSystem::open(std::size_t k, BufferId b) const {
  return !graph_->resident(b) && before(k, graph_->owner(b)) && !reads(k, b);
}

bool MomentSystem::needed(std::size_t k, BufferId b) const {
  if (!open(k, b)) return false;
  return graph_->is_output(b) ||
         std::ranges::any_of(graph_->readers(b), [&](NodeId n) { return after(k, n); });
}

bool MomentSystem::needed_in_segment(std::size_t k, BufferId b) const {
  if (suffix_is_last(k) || !open(k, b)) return false;
  return std::ranges::any_of(graph_->readers(b),
                             [&](NodeId n) { return after(k, n) && before(k + 1, n); });
}

Result<Row> MomentSystem::row(const RowRef& ref) const {
  const std::size_t k = ref.at;
  const NodeId i = ref.node;
  const BufferId b = ref.buffer;
  const auto none = [&] {
    return error(fmt::format("no row {} at {} of node {} and buffer {}", name(ref.kind), ref.at,
                             static_cast<std::int32_t>(index(i)),
                             static_cast<std::int32_t>(index(b))));
  };
  const bool needs_node = ref.kind == RowKind::input || ref.kind == RowKind::segment_input ||
                          ref.kind == RowKind::suffix_least || ref.kind == RowKind::suffix_later ||
                          ref.kind == RowKind::suffix_most || ref.kind == RowKind::pass ||
                          ref.kind == RowKind::instant_reader;
  const bool needs_buffer = ref.kind == RowKind::need || ref.kind == RowKind::input ||
                            ref.kind == RowKind::segment_need ||
                            ref.kind == RowKind::segment_input || ref.kind == RowKind::hold ||
                            ref.kind == RowKind::across || ref.kind == RowKind::instant_after ||
                            ref.kind == RowKind::instant_reader;
  if (needs_node != (i != kNone<NodeId>) || (needs_node && index(i) >= graph_->node_count()))
    return none();
  if (needs_buffer != (b != kNone<BufferId>) ||
      (needs_buffer && (index(b) >= graph_->buffer_count() || graph_->resident(b))))
    return none();
  if (ref.kind == RowKind::rounded) return none();
  if (ref.kind == RowKind::end) {
    if (k > 0) return none();
    Row row{{}, -free_bytes_};
    for (const BufferId c : graph_->buffers()) row.least += graph_->is_output(c) ? sure_[c] : 0;
    return row;
  }
  if (ref.kind >= RowKind::instant_after) {
    if (k >= spec_.instants.size()) return none();
    return instant_row(ref);
  }
  if (k >= moment_count()) return none();
  const bool last = suffix_is_last(k);
  const bool can_run = needs_node && before(k, i) && replayable(k, i);
  Row row;
  switch (ref.kind) {
    case RowKind::capacity:
      for (const BufferId c : graph_->buffers()) {
        if (open(k, c) && sure_[c] > 0) row.terms.push_back({x(k, c), -sure_[c]});
      }
      row.least = -capacity_[k];
      return row;
    case RowKind::need:
      if (!needed(k, b)) return none();
      return Row{{{x(k, b), 1}, {t(k, graph_->owner(b)), 1}}, 1};
    case RowKind::input:
      if (!can_run || !open(k, b) || !reads_buffer(i, b)) return none();
      return Row{{{x(k, b), 1}, {t(k, graph_->owner(b)), 1}, {t(k, i), -1}}, 0};
    case RowKind::segment_need:
      if (!needed_in_segment(k, b)) return none();
      return Row{{{x(k, b), 1}, {r(k, graph_->owner(b)), 1}}, 1};
    case RowKind::segment_input:
      if (last || !can_run || !open(k, b) || !reads_buffer(i, b)) return none();
      return Row{{{x(k, b), 1}, {r(k, graph_->owner(b)), 1}, {r(k, i), -1}}, 0};
    case RowKind::hold:
      if (last || !before(k, graph_->owner(b))) return none();
      return Row{{{x(k, b), 1}, {r(k, graph_->owner(b)), 1}, {x(k + 1, b), -1}}, 0};
    case RowKind::suffix_least:
      if (last || !can_run) return none();
      return Row{{{t(k, i), 1}, {r(k, i), -1}}, 0};
    case RowKind::suffix_later:
      if (last || !can_run) return none();
      return Row{{{t(k, i), 1}, {t(k + 1, i), -1}}, 0};
    case RowKind::suffix_most:
      if (last || !can_run) return none();
      for (std::size_t j = k; j < moment_count(); ++j) row.terms.push_back({r(j, i), 1});
      row.terms.push_back({t(k, i), -1});
      return row;
    case RowKind::across:
      if (last || !before(k, graph_->owner(b))) return none();
      return Row{{{y(k, b), 1}, {x(k, b), -1}, {x(k + 1, b), -1}, {r(k, graph_->owner(b)), 1}}, -1};
    case RowKind::pass:
      if (last || !can_run) return none();
      for (const BufferId c : graph_->buffers()) {
        if (graph_->resident(c) || sure_[c] == 0 || !before(k, graph_->owner(c))) continue;
        if (graph_->owner(c) == i || reads_buffer(i, c)) continue;
        row.terms.push_back({y(k, c), -sure_[c]});
      }
      row.terms.push_back({r(k, i), -(fresh_bytes(i) + input_bytes(i))});
      row.least = -free_bytes_;
      return row;
    default:
      return none();
  }
}

Result<Row> MomentSystem::instant_row(const RowRef& ref) const {
  const Instant& instant = spec_.instants[ref.at];
  const std::size_t k = instant.moment;
  const NodeId i = instant.node;
  const BufferId b = ref.buffer;
  const auto none = [&] {
    return error(fmt::format("no row {} at instant {}", name(ref.kind), ref.at));
  };
  // Surely made by the end of the gap.
  const auto made = [&](BufferId c) {
    return !graph_->resident(c) && (suffix_is_last(k) || before(k + 1, graph_->owner(c)));
  };
  Row row;
  if (ref.kind == RowKind::instant_after) {
    const NodeId owner = graph_->owner(b);
    if (owner == i || !made(b)) return none();
    row.terms = {{l(ref.at, b), 1}};
    if (owner > i) row.terms.push_back({r(k, owner), 1});
    if (!suffix_is_last(k)) {
      row.terms.push_back({x(k + 1, b), -1});
      return row;
    }
    if (!graph_->is_output(b)) return none();
    row.least = 1;
    return row;
  }
  if (ref.kind == RowKind::instant_reader) {
    if (ref.node < i || !replayable(k, ref.node) || graph_->owner(b) >= i ||
        !reads_buffer(ref.node, b))
      return none();
    return Row{{{l(ref.at, b), 1}, {r(k, ref.node), -1}}, 0};
  }
  for (const BufferId c : graph_->buffers()) {
    if (!made(c) || sure_[c] == 0 || graph_->owner(c) == i) continue;
    row.terms.push_back({l(ref.at, c), -sure_[c]});
  }
  if (replayable(k, i)) row.terms.push_back({r(k, i), -fresh_bytes(i)});
  row.least = -free_bytes_;
  return row;
}

}  // namespace hcb
