// A moment system as a linear program over its 0/1 variables, and certificates out of its duals.
//
// Columns are the variables that are not fixed; rows those that still mention a column. What the
// program leaves out only makes a certificate weaker, never wrong: a certificate is evaluated with
// integers over all variables.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "check/certificate.h"
#include "schedule/bounds/linear.h"
#include "schedule/bounds/moment_cut.h"

namespace hcb {

// What every variable may still be: [low, high], both 0 or 1.
struct Boxes {
  std::vector<std::int8_t> low;
  std::vector<std::int8_t> high;

  [[nodiscard]] bool fixed(std::uint32_t variable) const { return low[variable] >= high[variable]; }
  void fix(std::uint32_t variable, bool one) { (one ? low : high)[variable] = one ? 1 : 0; }
};

// Which rows a program has beside those of every moment.
struct ProgramRows {
  std::vector<std::pair<std::uint32_t, NodeId>>
      pass;  // pass rows (k, i), with the across rows of k
};

class MomentProgram {
 public:
  // `system` must outlive this. The scale makes D times all costs stay below 2^61.
  MomentProgram(const MomentSystem& system, const ProgramRows& rows);

  [[nodiscard]] const MomentSystem& system() const { return system_; }
  // Adds a row that follows from others by rounding.
  void add_rounded(RoundedRow recipe, Row row);
  // Rows that rest are kept aside in reduced programs.
  void let_rest(std::size_t row) { resting_[row] = 1; }
  [[nodiscard]] bool rests(std::size_t row) const { return resting_[row] != 0; }
  [[nodiscard]] const std::vector<RoundedRow>& rounded() const { return rounded_; }

  [[nodiscard]] const Scale& scale() const { return scale_; }
  [[nodiscard]] std::size_t row_count() const { return refs_.size(); }
  [[nodiscard]] const RowRef& ref(std::size_t row) const { return refs_[row]; }
  [[nodiscard]] const Row& row(std::size_t row) const { return rows_[row]; }
  // Cost of a variable in units of time_unit().
  [[nodiscard]] std::int64_t cost(std::uint32_t variable) const { return cost_[variable]; }
  [[nodiscard]] const Boxes& boxes() const { return boxes_; }
  // Buffers that take no bytes are kept at no price.
  [[nodiscard]] bool free_to_keep(std::uint32_t variable) const { return free_[variable] != 0; }

 private:
  void add(const RowRef& ref);
  void add_moment(std::uint32_t k);
  void add_segment(std::uint32_t k);
  void add_instant(std::uint32_t j);
  void add_pass(const ProgramRows& rows);

  const MomentSystem& system_;
  Scale scale_;
  std::vector<RowRef> refs_;
  std::vector<Row> rows_;
  std::vector<char> resting_;
  std::vector<RoundedRow> rounded_;
  std::vector<std::int64_t> cost_;
  Boxes boxes_;
  std::vector<std::int8_t> free_;
};

// A row kept aside, and which of the program's it is.
struct RestingRow {
  std::size_t source = 0;
  Row row;  // terms by column
};

// The program without fixed variables and without rows that hold anyway.
struct ReducedProgram {
  ReducedProgram(const MomentProgram& program, Boxes boxes);

  // Of a variable that has no column.
  [[nodiscard]] std::int8_t fixed_value(std::uint32_t variable) const { return fixed[variable]; }
  // Every variable's value, columns rounded to the nearest.
  [[nodiscard]] std::vector<std::int8_t> whole_values(const std::vector<double>& by_column) const;
  static constexpr std::uint32_t kNoColumn = 0xFFFFFFFF;

  // Row r of the program without new columns; nullopt: it holds anyway.
  [[nodiscard]] std::optional<Row> over_columns(const MomentProgram& program, std::size_t r) const;

  LinearModel model;
  std::int64_t offset = 0;               // cost of the variables that are fixed to one
  std::vector<std::uint32_t> column;     // by variable; kNoColumn: fixed or in no row
  std::vector<std::uint32_t> variables;  // by column
  std::vector<std::size_t> source;       // by row of the model: row of the program
  std::vector<RestingRow> resting;

 private:
  void add_row(const MomentProgram& program, std::size_t r);
  std::uint32_t column_of(const MomentProgram& program, std::uint32_t variable);

  Boxes boxes_;
  std::vector<std::int8_t> fixed;
};

}  // namespace hcb
