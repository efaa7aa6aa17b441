// A split of one variable is its box; one of several is a row, appended when first needed and
// switched on and off by its right-hand side, so that every program starts from the basis of the
// one before it. Invariant: the rows in `switched_` and the boxes in `boxed_` are the path's.
#include "schedule/bounds/split_program.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

namespace hcb {
namespace {

constexpr double kOff = -std::numeric_limits<double>::infinity();
constexpr double kViolated = 1e-6;  // of the largest coefficient

bool violated(const Row& row, const std::vector<double>& value) {
  double slack = -static_cast<double>(row.least);
  double most = 1;
  for (const Term& term : row.terms) {
    const auto a = static_cast<double>(term.coefficient);
    slack += a * value[term.variable];
    most = std::max(most, std::abs(a));
  }
  return slack < -kViolated * most;
}

}  // namespace

SplitProgram::SplitProgram(const MomentProgram& program, Boxes root, std::uint64_t last_work)
    : program_(program), last_work_(last_work), root_(std::move(root)), here_(root_) {
  rebuild();
}

std::uint32_t SplitProgram::split_on(const std::vector<std::uint32_t>& members) {
  const auto [at, fresh] = number_.emplace(members, static_cast<std::uint32_t>(sets_.size()));
  if (fresh) sets_.push_back(&at->first);
  return at->second;
}

void SplitProgram::rebuild() {
  rows_.clear();
  switched_.clear();
  boxed_.clear();
  path_.clear();
  here_ = root_;
  known_rows_ = program_.row_count();
  reduced_.emplace(program_, root_);
  solver_.emplace(reduced_->model, last_work_);
  source_ = reduced_->source;
}

void SplitProgram::take_new_rows() {
  std::vector<Row> fresh;
  for (; known_rows_ < program_.row_count(); ++known_rows_) {
    auto row = reduced_->over_columns(program_, known_rows_);
    if (!row) continue;
    fresh.push_back(*std::move(row));
    source_.push_back(known_rows_);
  }
  solver_->add_rows(fresh);
}

void SplitProgram::shrink_root(const Boxes& root) {
  for (const std::uint32_t v : reduced_->variables) {
    if (root.low[v] == root_.low[v] && root.high[v] == root_.high[v]) continue;
    set_box(v, root.low[v], root.high[v]);
  }
  root_ = root;
  here_ = root;
}

void SplitProgram::set_box(std::uint32_t variable, double low, double high) {
  if (has_column(variable)) solver_->set_box(reduced_->column[variable], low, high);
}

SplitProgram::SplitRows& SplitProgram::rows_of(const Branch& branch) {
  const auto [at, fresh] = rows_.try_emplace({branch.split, branch.upper});
  if (fresh) {
    Row row;
    for (const std::uint32_t v : members(branch.split))
      row.terms.push_back({reduced_->column[v], branch.upper ? 1 : -1});
    at->second = {solver_->add_rows({&row, 1}), kOff};
    source_.push_back(kSplitRow);
    solver_->set_least(at->second.row, kOff);
  }
  return at->second;
}

void SplitProgram::switch_to(SplitRows& rows, double least) {
  solver_->set_least(rows.row, least);
  rows.least = least;
}

void SplitProgram::enter(std::span<const Branch> path) {
  for (SplitRows* const rows : switched_) switch_to(*rows, kOff);
  switched_.clear();
  for (const std::uint32_t v : boxed_) set_box(v, root_.low[v], root_.high[v]);
  boxed_.clear();
  here_ = root_;
  path_.assign(path.begin(), path.end());
  // The innermost split of a set is the tightest of its side.
  for (const Branch& branch : path | std::views::reverse) {
    const auto& set = members(branch.split);
    if (set.size() == 1) {
      const std::uint32_t v = set.front();
      (branch.upper ? here_.low : here_.high)[v] = branch.upper ? 1 : 0;
      boxed_.push_back(v);
      set_box(v, here_.low[v], here_.high[v]);
      continue;
    }
    SplitRows& rows = rows_of(branch);
    if (std::ranges::find(switched_, &rows) != switched_.end()) continue;
    switch_to(rows, least_of(branch));
    switched_.push_back(&rows);
  }
}

bool SplitProgram::wake(const std::vector<double>& value, Context& context) {
  std::vector<Row> awake;
  std::uint64_t terms = 0;
  std::erase_if(reduced_->resting, [&](RestingRow& resting) {
    terms += resting.row.terms.size();
    if (!violated(resting.row, value)) return false;
    awake.push_back(std::move(resting.row));
    source_.push_back(resting.source);
    return true;
  });
  context.count(terms);
  if (awake.empty()) return false;
  solver_->add_rows(awake);
  return true;
}

LinearSolution SplitProgram::solve(Context& context) {
  LinearSolution solution = solver_->solve(context);
  while (solution.status == LinearStatus::optimal && wake(solution.value, context)) {
    LinearSolution next = solver_->solve(context);
    if (next.status == LinearStatus::unknown) {
      solution.dual.resize(source_.size(), 0);  // still proves what it did
      break;
    }
    solution = std::move(next);
  }
  return solution;
}

LinearSolution SplitProgram::try_branch(const Branch& branch, Context& context) {
  const auto& set = members(branch.split);
  if (set.size() == 1) return try_value(set.front(), branch.upper, context);
  SplitRows& rows = rows_of(branch);
  const double before = rows.least;
  switch_to(rows, least_of(branch));
  LinearSolution trial = solve(context);
  switch_to(rows, before);
  return trial;
}

LinearSolution SplitProgram::try_value(std::uint32_t variable, bool one, Context& context) {
  set_box(variable, one ? 1 : here_.low[variable], one ? here_.high[variable] : 0);
  LinearSolution trial = solve(context);
  set_box(variable, here_.low[variable], here_.high[variable]);
  return trial;
}

std::vector<double> SplitProgram::values(const LinearSolution& solution) const {
  std::vector<double> value(reduced_->column.size());
  for (std::uint32_t v = 0; v < value.size(); ++v)
    value[v] = has_column(v) ? solution.value[reduced_->column[v]] : reduced_->fixed_value(v);
  return value;
}

double SplitProgram::sum(const std::vector<std::uint32_t>& members,
                         const LinearSolution& solution) const {
  double total = 0;
  for (const std::uint32_t v : members)
    total += has_column(v) ? solution.value[reduced_->column[v]] : reduced_->fixed_value(v);
  return total;
}

double SplitProgram::dual_of(const Branch& branch, std::span<const double> dual) const {
  const auto rows = rows_.find({branch.split, branch.upper});
  if (rows == rows_.end() || members(branch.split).size() == 1) return 0;
  return rows->second.row < dual.size() ? dual[rows->second.row] : 0;
}

}  // namespace hcb
