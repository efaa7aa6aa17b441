#include "schedule/bounds/linear.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>

#include <Highs.h>

namespace hcb {
namespace {

// Rows of bytes are brought to coefficients of at most 1.
double factor_of(const Row& row) {
  std::int64_t most = 1;
  for (const Term& term : row.terms) most = std::max(most, std::abs(term.coefficient));
  return most > 1000 ? 1.0 / static_cast<double>(most) : 1.0;
}

HighsLp to_highs(const LinearModel& model) {
  HighsLp lp;
  lp.num_col_ = static_cast<HighsInt>(model.cost.size());
  lp.num_row_ = static_cast<HighsInt>(model.rows.size());
  lp.col_cost_ = model.cost;
  lp.col_lower_ = model.low;
  lp.col_upper_ = model.high;
  lp.a_matrix_.format_ = MatrixFormat::kRowwise;
  lp.a_matrix_.num_col_ = lp.num_col_;
  lp.a_matrix_.num_row_ = lp.num_row_;
  lp.a_matrix_.start_ = {0};
  for (const Row& row : model.rows) {
    const double factor = factor_of(row);
    for (const Term& term : row.terms) {
      lp.a_matrix_.index_.push_back(static_cast<HighsInt>(term.variable));
      lp.a_matrix_.value_.push_back(static_cast<double>(term.coefficient) * factor);
    }
    lp.a_matrix_.start_.push_back(static_cast<HighsInt>(lp.a_matrix_.index_.size()));
    lp.row_lower_.push_back(static_cast<double>(row.least) * factor);
    lp.row_upper_.push_back(kHighsInf);
  }
  return lp;
}

void quiet(Highs& highs) {
  highs.setOptionValue("output_flag", false);
  highs.setOptionValue("threads", 1);
  highs.setOptionValue("parallel", "off");
  highs.setOptionValue("random_seed", 1);
}

// Work in units of 2.5 ns (an arc of a flow), fitted to programs of 100 to 15,600 rows and up to
// 280,000 terms: an iteration passes over the basis and prices a part of the matrix; a call looks at
// all of it and factors the basis. What the integer solver does beside the iterations it tells of
// (heuristics, cuts) goes with these, what it does before the first (presolving, probing) grows with
// the square of the rows.
struct Effort {
  std::uint64_t call = 0;
  std::uint64_t iteration = 0;
};

std::uint64_t unsigned_of(HighsInt value) {
  return static_cast<std::uint64_t>(std::max<HighsInt>(value, 0));
}

Effort linear_effort(const Highs& highs) {
  const std::uint64_t rows = unsigned_of(highs.getNumRow());
  const std::uint64_t terms = unsigned_of(highs.getNumNz());
  return {20'000 + 250 * rows + 12 * terms, 1000 + 5 * rows + terms / 4};
}

Effort integer_effort(const Highs& highs) {
  const std::uint64_t rows = unsigned_of(highs.getNumRow());
  return {100'000 + 20 * rows * rows, 30'000 + 9 * rows};
}

void count_work(const Highs& highs, const Effort& effort, Context& context) {
  const std::uint64_t iterations = unsigned_of(highs.getInfo().simplex_iteration_count);
  context.count(effort.call + iterations * effort.iteration);
}

// How many iterations fit between the work done and `last_work`, at least one.
HighsInt iterations_left(const Effort& effort, std::uint64_t last_work, const Context& context) {
  const std::uint64_t done = context.work() + effort.call;
  const std::uint64_t left = last_work > done ? last_work - done : 0;
  constexpr std::uint64_t kMost = std::numeric_limits<HighsInt>::max();
  return static_cast<HighsInt>(std::clamp<std::uint64_t>(left / effort.iteration, 1, kMost));
}

}  // namespace

struct LinearSolver::Impl {
  Highs highs;
  std::uint64_t last_work = 0;

  void run(Context& context) {
    const Effort effort = linear_effort(highs);
    highs.setOptionValue("simplex_iteration_limit", iterations_left(effort, last_work, context));
    highs.run();
    count_work(highs, effort, context);
  }

  // Neither solved nor shown infeasible, with work left: the basis went bad.
  bool stuck() {
    const HighsModelStatus status = highs.getModelStatus();
    if (status == HighsModelStatus::kOptimal || status == HighsModelStatus::kIterationLimit)
      return false;
    return status != HighsModelStatus::kInfeasible || !has_ray();
  }

  bool has_ray() {
    bool has = false;
    highs.getDualRay(has);
    return has;
  }

  std::vector<double> factor;  // of every row

  void unscale(std::vector<double>& dual) const {
    for (std::size_t r = 0; r < factor.size(); ++r) dual[r] *= factor[r];
  }
};

LinearSolver::LinearSolver(const LinearModel& model, std::uint64_t last_work)
    : impl_(std::make_unique<Impl>()) {
  impl_->last_work = last_work;
  quiet(impl_->highs);
  impl_->highs.setOptionValue("solver", "simplex");
  impl_->highs.setOptionValue("presolve", "off");
  impl_->highs.setOptionValue("simplex_dual_edge_weight_strategy", 1);  // Devex: rows come and go
  impl_->highs.passModel(to_highs(model));
  for (const Row& row : model.rows) impl_->factor.push_back(factor_of(row));
}

LinearSolver::~LinearSolver() = default;

void LinearSolver::set_box(std::size_t column, double low, double high) {
  impl_->highs.changeColBounds(static_cast<HighsInt>(column), low, high);
}

std::size_t LinearSolver::add_rows(std::span<const Row> rows) {
  std::vector<HighsInt> start;
  std::vector<HighsInt> index;
  std::vector<double> value;
  std::vector<double> least;
  for (const Row& row : rows) {
    const double factor = factor_of(row);
    start.push_back(static_cast<HighsInt>(index.size()));
    for (const Term& term : row.terms) {
      index.push_back(static_cast<HighsInt>(term.variable));
      value.push_back(static_cast<double>(term.coefficient) * factor);
    }
    least.push_back(static_cast<double>(row.least) * factor);
    impl_->factor.push_back(factor);
  }
  const auto at = static_cast<std::size_t>(impl_->highs.getNumRow());
  const std::vector<double> most(rows.size(), kHighsInf);
  impl_->highs.addRows(static_cast<HighsInt>(rows.size()), least.data(), most.data(),
                       static_cast<HighsInt>(index.size()), start.data(), index.data(),
                       value.data());
  return at;
}

void LinearSolver::set_least(std::size_t row, double least) {
  impl_->highs.changeRowBounds(static_cast<HighsInt>(row), std::isinf(least) ? -kHighsInf : least,
                               kHighsInf);
}

LinearBasis LinearSolver::basis() const {
  const HighsBasis& basis = impl_->highs.getBasis();
  LinearBasis copy;
  const auto number = [](HighsBasisStatus status) { return static_cast<std::uint8_t>(status); };
  std::ranges::transform(basis.col_status, std::back_inserter(copy.column), number);
  std::ranges::transform(basis.row_status, std::back_inserter(copy.row), number);
  return copy;
}

void LinearSolver::start_from(const LinearBasis& basis) {
  HighsBasis copy;
  const auto status = [](std::uint8_t number) { return static_cast<HighsBasisStatus>(number); };
  std::ranges::transform(basis.column, std::back_inserter(copy.col_status), status);
  std::ranges::transform(basis.row, std::back_inserter(copy.row_status), status);
  copy.row_status.resize(static_cast<std::size_t>(impl_->highs.getNumRow()),
                         HighsBasisStatus::kBasic);
  copy.valid = true;
  copy.alien = false;
  impl_->highs.setBasis(copy);
}

LinearSolution LinearSolver::solve(Context& context) {
  Highs& highs = impl_->highs;
  LinearSolution result;
  impl_->run(context);
  if (impl_->stuck()) {
    highs.clearSolver();
    impl_->run(context);
  }
  const HighsModelStatus status = highs.getModelStatus();
  if (status == HighsModelStatus::kOptimal) {
    result.status = LinearStatus::optimal;
    result.objective = highs.getInfo().objective_function_value;
    result.value = highs.getSolution().col_value;
    result.dual = highs.getSolution().row_dual;
  } else if (status == HighsModelStatus::kInfeasible) {
    result.status = LinearStatus::infeasible;
    bool has_ray = false;
    result.dual.assign(static_cast<std::size_t>(highs.getNumRow()), 0);
    highs.getDualRay(has_ray, result.dual.data());
    if (!has_ray) result.status = LinearStatus::unknown;
  }
  if (!result.dual.empty()) impl_->unscale(result.dual);
  return result;
}

IntegerSolution solve_integer(const LinearModel& model, double gap, std::int32_t nodes,
                              std::uint64_t last_work, Context& context) {
  Highs highs;
  quiet(highs);
  HighsLp lp = to_highs(model);
  lp.integrality_.assign(model.cost.size(), HighsVarType::kInteger);
  highs.setOptionValue("mip_rel_gap", gap);
  highs.setOptionValue("mip_abs_gap", 0.5);
  highs.setOptionValue("mip_max_nodes", nodes);
  highs.passModel(lp);
  const Effort effort = integer_effort(highs);
  if (context.work() + effort.call >= last_work) return {};
  const std::int64_t most = iterations_left(effort, last_work, context);
  highs.setCallback(
      [most](int, const std::string&, const HighsCallbackOutput* done, HighsCallbackInput* answer,
             void*) { answer->user_interrupt = done->mip_total_lp_iterations >= most; });
  highs.startCallback(kCallbackMipInterrupt);
  highs.run();
  count_work(highs, effort, context);
  IntegerSolution result;
  const HighsModelStatus status = highs.getModelStatus();
  if (status == HighsModelStatus::kInfeasible) result.status = LinearStatus::infeasible;
  if (status == HighsModelStatus::kOptimal) result.status = LinearStatus::optimal;
  if (highs.getSolution().value_valid && status != HighsModelStatus::kInfeasible &&
      highs.getInfo().primal_solution_status == kSolutionStatusFeasible) {
    result.value = highs.getSolution().col_value;
    result.objective = highs.getInfo().objective_function_value;
  }
  return result;
}

}  // namespace hcb
