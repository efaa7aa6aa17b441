// The linear programming library behind a small interface. The only file pair that sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/context.h"
#include "check/moments.h"

namespace hcb {

// min cost · z, rows a · z >= least, 0/1 boxes.
struct LinearModel {
  std::vector<double> cost;
  std::vector<double> low;
  std::vector<double> high;
  std::vector<Row> rows;  // terms by column
};

enum class LinearStatus { optimal, infeasible, unknown };

struct LinearSolution {
  LinearStatus status = LinearStatus::unknown;
  double objective = 0;
  std::vector<double> value;  // by column
  std::vector<double> dual;   // by row, >= 0: of the objective, or (infeasible) a proof of that
};

// Which columns and rows are at which bound, or basic: where a solve may start.
struct LinearBasis {
  std::vector<std::uint8_t> column;
  std::vector<std::uint8_t> row;
};

class LinearSolver {
 public:
  // `last_work`: no solve() lets the context's count pass it by more than one iteration.
  LinearSolver(const LinearModel& model, std::uint64_t last_work);
  ~LinearSolver();
  LinearSolver(const LinearSolver&) = delete;
  LinearSolver& operator=(const LinearSolver&) = delete;

  void set_box(std::size_t column, double low, double high);
  // Appends rows; the number of the first, counting on from the model's, is returned.
  std::size_t add_rows(std::span<const Row> rows);
  // -infinity: switched off. For rows with coefficients of at most 1,000.
  void set_least(std::size_t row, double least);

  [[nodiscard]] LinearBasis basis() const;
  // The next solve starts from `basis`, of this solver; rows added since are basic in it.
  void start_from(const LinearBasis& basis);

  // Solves from the last basis. Counts iterations by rows and terms. unknown: out of work, or the
  // numbers went bad.
  [[nodiscard]] LinearSolution solve(Context& context);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct IntegerSolution {
  LinearStatus status = LinearStatus::unknown;  // optimal and infeasible are the solver's word
  std::vector<double> value;                    // empty: none found
  double objective = 0;
};

// The same with all columns integer, to within `gap` of the optimum as a share, up to `nodes` branching nodes and until the context's count
// reaches `last_work` (looked at between programs and cut rounds); nothing is done where the first
// steps alone would take longer.
[[nodiscard]] IntegerSolution solve_integer(const LinearModel& model, double gap,
                                            std::int32_t nodes, std::uint64_t last_work,
                                            Context& context);

}  // namespace hcb
