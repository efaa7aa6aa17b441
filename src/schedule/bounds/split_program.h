// The linear program of one node of a split tree: the rows of a program, the boxes that hold at the
// root, and the splits on the way to the node.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "schedule/bounds/moment_program.h"

namespace hcb {

// One side of a split of the set numbered `split`: Σ S >= most + 1, else Σ S <= most.
struct Branch {
  std::uint32_t split = 0;
  bool upper = false;
  std::int64_t most = 0;
};

class SplitProgram {
 public:
  // `program` must outlive this. `last_work`: of the context, see LinearSolver.
  SplitProgram(const MomentProgram& program, Boxes root, std::uint64_t last_work);

  // The number of a set of variables of the system, new or known. O(log sets · members).
  std::uint32_t split_on(const std::vector<std::uint32_t>& members);
  [[nodiscard]] const std::vector<std::uint32_t>& members(std::uint32_t split) const {
    return *sets_[split];
  }

  // Takes smaller boxes for the root. Call enter() before solve().
  void shrink_root(const Boxes& root);
  // Takes the rows added to the program since, whatever the node.
  void take_new_rows();
  // Drops what those boxes fix or make superfluous: smaller programs from here on, the basis is lost.
  void rebuild();

  // Goes to the node at the end of `path`, outermost branch first. O(length of both paths).
  void enter(std::span<const Branch> path);
  // Rows that rest come in as far as solutions violate them.
  [[nodiscard]] LinearSolution solve(Context& context);
  // Where solving may go on: programs of one tree differ little from parent to child.
  [[nodiscard]] LinearBasis basis() const { return solver_->basis(); }
  void start_from(const LinearBasis& basis) { solver_->start_from(basis); }
  // Solves with one branch, or one value, more.
  [[nodiscard]] LinearSolution try_branch(const Branch& branch, Context& context);
  [[nodiscard]] LinearSolution try_value(std::uint32_t variable, bool one, Context& context);

  [[nodiscard]] const MomentProgram& program() const { return program_; }
  [[nodiscard]] const ReducedProgram& reduced() const { return *reduced_; }
  // The program's row by row of the solver; kSplitRow: a branch's.
  [[nodiscard]] const std::vector<std::size_t>& source() const { return source_; }
  static constexpr std::size_t kSplitRow = std::numeric_limits<std::size_t>::max();
  [[nodiscard]] const Boxes& boxes() const { return here_; }  // of the node
  [[nodiscard]] std::span<const Branch> path() const { return path_; }

  [[nodiscard]] bool has_column(std::uint32_t variable) const {
    return reduced_->column[variable] != ReducedProgram::kNoColumn;
  }
  // A solution by variable of the system.
  [[nodiscard]] std::vector<double> values(const LinearSolution& solution) const;
  // Σ of the set's values; they have columns, or fixed values.
  [[nodiscard]] double sum(const std::vector<std::uint32_t>& members,
                           const LinearSolution& solution) const;
  // The multiplier of a branch's row, 0 where it has none or they are older than it.
  [[nodiscard]] double dual_of(const Branch& branch, std::span<const double> dual) const;

 private:
  // Rows of the solver for one set, both switched off until a path needs one.
  struct SplitRows {
    std::size_t row = 0;
    double least = 0;
  };

  void set_box(std::uint32_t variable, double low, double high);
  // Wakes resting rows that are violated; false: there is none.
  bool wake(const std::vector<double>& value, Context& context);
  SplitRows& rows_of(const Branch& branch);
  void switch_to(SplitRows& rows, double least);
  [[nodiscard]] static double least_of(const Branch& branch) {
    return static_cast<double>(branch.upper ? branch.most + 1 : -branch.most);
  }

  const MomentProgram& program_;
  std::size_t known_rows_ = 0;  // of the program
  std::uint64_t last_work_;
  Boxes root_;
  Boxes here_;
  std::optional<ReducedProgram> reduced_;
  std::optional<LinearSolver> solver_;
  std::vector<std::size_t> source_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> number_;
  std::vector<const std::vector<std::uint32_t>*> sets_;       // by number
  std::map<std::pair<std::uint32_t, bool>, SplitRows> rows_;  // by number and side
  std::vector<SplitRows*> switched_;
  std::vector<std::uint32_t> boxed_;
  std::vector<Branch> path_;
};

}  // namespace hcb
