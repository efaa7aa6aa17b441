#include "schedule/bounds/moment_program.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hcb {
namespace {

constexpr int kCostBits = 60;
constexpr std::uint32_t kMostScale = 40;

Scale fine_scale(const Graph& graph) {
  Scale scale{.unit = time_unit(graph)};
  std::int64_t total = 0;
  for (const NodeId n : graph.nodes()) total += graph.cost(n).time / scale.unit;
  const int room = kCostBits - std::bit_width(static_cast<std::uint64_t>(total));
  scale.log2 = room <= 0 ? 0 : std::min(kMostScale, static_cast<std::uint32_t>(room));
  return scale;
}

}  // namespace

MomentProgram::MomentProgram(const MomentSystem& system, const ProgramRows& rows)
    : system_(system),
      scale_(fine_scale(system.graph())),
      cost_(system.variable_count(), 0),
      boxes_{system.lows(), system.highs()},
      free_(system.variable_count(), 0) {
  const Graph& graph = system.graph();
  for (std::size_t k = 0; k < system.moment_count(); ++k) {
    for (const NodeId i : graph.nodes()) cost_[system.r(k, i)] = graph.cost(i).time / scale_.unit;
    for (const BufferId b : graph.buffers())
      free_[system.x(k, b)] = system.open(k, b) && system.sure_bytes(b) == 0;
  }
  for (std::uint32_t k = 0; k < system.moment_count(); ++k) add_moment(k);
  for (std::uint32_t k = 0; k + 1 < system.moment_count(); ++k) add_segment(k);
  for (std::uint32_t j = 0; j < system.spec().instants.size(); ++j) add_instant(j);
  add_pass(rows);
}

void MomentProgram::add(const RowRef& ref) {
  auto row = system_.row(ref);
  if (!row) return;
  refs_.push_back(ref);
  rows_.push_back(std::move(*row));
  resting_.push_back(0);
}

void MomentProgram::add_rounded(RoundedRow recipe, Row row) {
  refs_.push_back({RowKind::rounded, static_cast<std::uint32_t>(rounded_.size())});
  rows_.push_back(std::move(row));
  resting_.push_back(0);
  rounded_.push_back(std::move(recipe));
}

void MomentProgram::add_moment(std::uint32_t k) {
  const Graph& graph = system_.graph();
  add({RowKind::capacity, k});
  for (const BufferId b : graph.buffers()) {
    if (system_.sure_bytes(b) > 0 && system_.needed(k, b))
      add({RowKind::need, k, kNone<NodeId>, b});
  }
  for (const NodeId i : graph.nodes()) {
    if (!system_.before(k, i) || !system_.replayable(k, i)) continue;
    for (const BufferId b : graph.reads(i)) {
      if (system_.sure_bytes(b) > 0) add({RowKind::input, k, i, b});
    }
  }
}

void MomentProgram::add_segment(std::uint32_t k) {
  const Graph& graph = system_.graph();
  for (const BufferId b : graph.buffers()) {
    if (system_.sure_bytes(b) == 0 || graph.resident(b)) continue;
    add({RowKind::segment_need, k, kNone<NodeId>, b});
    add({RowKind::hold, k, kNone<NodeId>, b});
  }
  for (const NodeId i : graph.nodes()) {
    if (!system_.before(k, i) || !system_.replayable(k, i)) continue;
    add({RowKind::suffix_least, k, i});
    add({RowKind::suffix_later, k, i});
    add({RowKind::suffix_most, k, i});
    for (const BufferId b : graph.reads(i)) {
      if (system_.sure_bytes(b) > 0) add({RowKind::segment_input, k, i, b});
    }
  }
}

void MomentProgram::add_instant(std::uint32_t j) {
  const Graph& graph = system_.graph();
  const Instant& instant = system_.spec().instants[j];
  add({RowKind::instant_cap, j});
  for (const BufferId b : graph.buffers()) {
    if (system_.sure_bytes(b) == 0 || graph.resident(b)) continue;
    add({RowKind::instant_after, j, kNone<NodeId>, b});
    for (const NodeId q : graph.readers(b)) {
      if (q >= instant.node) add({RowKind::instant_reader, j, q, b});
    }
  }
}

void MomentProgram::add_pass(const ProgramRows& rows) {
  std::vector<char> across(system_.moment_count(), 0);
  for (const auto& [k, i] : rows.pass) {
    add({RowKind::pass, k, i});
    if (across[k]) continue;
    across[k] = 1;
    for (const BufferId b : system_.graph().buffers()) {
      if (system_.sure_bytes(b) > 0) add({RowKind::across, k, kNone<NodeId>, b});
    }
  }
}

namespace {

// A row over what is not fixed; nullopt: it holds anyway.
std::optional<Row> without_fixed(const Row& row, const Boxes& boxes) {
  Row reduced{{}, row.least};
  std::int64_t least_sum = 0;
  for (const Term& term : row.terms) {
    if (boxes.fixed(term.variable)) {
      reduced.least -= term.coefficient * boxes.low[term.variable];
    } else {
      reduced.terms.push_back(term);
      least_sum += std::min<std::int64_t>(term.coefficient, 0);
    }
  }
  if (least_sum >= reduced.least) return std::nullopt;
  return reduced;
}

}  // namespace

ReducedProgram::ReducedProgram(const MomentProgram& program, Boxes boxes)
    : column(boxes.low.size(), kNoColumn), boxes_(std::move(boxes)), fixed(boxes_.low) {
  for (std::uint32_t v = 0; v < fixed.size(); ++v) {
    if (!program.free_to_keep(v)) continue;
    boxes_.low[v] = boxes_.high[v] = fixed[v] = 1;
  }
  for (std::size_t r = 0; r < program.row_count(); ++r) add_row(program, r);
  for (std::uint32_t v = 0; v < fixed.size(); ++v) {
    if (column[v] == kNoColumn && fixed[v] == 1) offset += program.cost(v);
  }
}

void ReducedProgram::add_row(const MomentProgram& program, std::size_t r) {
  auto reduced = without_fixed(program.row(r), boxes_);
  if (!reduced) return;
  for (Term& term : reduced->terms) term.variable = column_of(program, term.variable);
  if (program.rests(r)) {
    resting.push_back({r, *std::move(reduced)});
    return;
  }
  model.rows.push_back(*std::move(reduced));
  source.push_back(r);
}

std::optional<Row> ReducedProgram::over_columns(const MomentProgram& program, std::size_t r) const {
  auto reduced = without_fixed(program.row(r), boxes_);
  if (!reduced) return std::nullopt;
  for (Term& term : reduced->terms) {
    if (column[term.variable] == kNoColumn)
      reduced->least -= term.coefficient * fixed[term.variable];
  }
  std::erase_if(reduced->terms, [&](const Term& t) { return column[t.variable] == kNoColumn; });
  for (Term& term : reduced->terms) term.variable = column[term.variable];
  return reduced;
}

std::vector<std::int8_t> ReducedProgram::whole_values(const std::vector<double>& by_column) const {
  std::vector<std::int8_t> value = fixed;
  for (std::uint32_t c = 0; c < variables.size(); ++c)
    value[variables[c]] = static_cast<std::int8_t>(std::lround(by_column[c]));
  return value;
}

std::uint32_t ReducedProgram::column_of(const MomentProgram& program, std::uint32_t variable) {
  if (column[variable] == kNoColumn) {
    column[variable] = static_cast<std::uint32_t>(variables.size());
    variables.push_back(variable);
    model.cost.push_back(static_cast<double>(program.cost(variable)));
    model.low.push_back(boxes_.low[variable]);
    model.high.push_back(boxes_.high[variable]);
  }
  return column[variable];
}

}  // namespace hcb
