// Best first by the proved bound of the parent; programs are solved when a node is taken, each from
// the basis of the one before it. A node that cannot be worked on, or whose solution is whole, keeps
// the bound it has. Source: the certificate of check/certificate.h.
#include "schedule/bounds/split_tree.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <utility>

#include "schedule/bounds/branching.h"
#include "schedule/bounds/root_fixing.h"
#include "schedule/bounds/rounding_cuts.h"
#include "schedule/bounds/tree_proof.h"

namespace hcb {
namespace {

constexpr std::size_t kCutsPerRound = 40;  // at the root
constexpr std::size_t kCutsPerNode = 10;
constexpr std::size_t kCutNodes = 400;  // size of a tree up to which nodes look for rounded rows

class Tree {
 public:
  Tree(MomentProgram& program, Fixings fixings, const TreeOptions& options, Context& context)
      : options_(options),
        context_(context),
        rows_(program),
        cutoff_{options.incumbent, program.scale().log2},
        fixing_(program, std::move(fixings), cutoff_),
        program_(program, fixing_.boxes(), options.last_work),
        branching_(program_) {}

  TreeResult run() && {
    nodes_.push_back({});
    push(0);
    for (std::size_t taken = 0; !open_.empty(); ++taken) {
      const auto at = open_.top().second;
      if (cutoff_.closes(nodes_[at].bound) || (integral_ && nodes_[at].bound >= integral_bound_))
        break;
      if (taken >= options_.nodes || stopped()) break;
      open_.pop();
      process(at);
    }
    result_.certificate = tree_certificate(program_, fixing_.fixings(), std::move(nodes_));
    return std::move(result_);
  }

 private:
  using Entry = std::pair<Wide, std::uint32_t>;
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.first != b.first ? a.first > b.first : a.second < b.second;  // newest first
    }
  };

  [[nodiscard]] bool stopped() const {
    return context_.exhausted() || context_.cancelled() || context_.work() >= options_.last_work;
  }

  void push(std::uint32_t at) { open_.push({nodes_[at].bound, at}); }

  void process(std::uint32_t at) {
    program_.enter(path_to(nodes_, at));
    if (nodes_[at].start) program_.start_from(*std::exchange(nodes_[at].start, nullptr));
    LinearSolution solution = program_.solve(context_);
    if (at == 0) solution = at_root(std::move(solution));
    if (fixing_.broken()) return close_broken(at);
    if (!conclude(at, solution)) return;
    if (at != 0 && nodes_.size() < kCutNodes && add_found(node_cuts(), solution, kCutsPerNode)) {
      solution = program_.solve(context_);
      if (!conclude(at, solution)) return;
    }
    branch(at, solution);
  }

  // Takes what a solution proves; false: nothing is left to do at the node.
  bool conclude(std::uint32_t at, const LinearSolution& solution) {
    if (solution.status == LinearStatus::unknown) return false;
    if (solution.status == LinearStatus::infeasible) {
      if (auto proof = prove_empty(program_, solution.dual)) take(at, *std::move(proof));
      return false;
    }
    take(at, prove_bound(program_, solution.dual));
    return !cutoff_.closes(nodes_[at].bound);
  }

  LinearSolution at_root(LinearSolution solution) {
    if (solution.status == LinearStatus::optimal) {
      solution = with_few_rows(solution);
    }
    solution = add_cuts(fix_by_reduced_cost(std::move(solution)));
    solution = fix_by_probing(std::move(solution));
    if (solution.status != LinearStatus::optimal || fixing_.broken() ||
        cutoff_.closes(nodes_[0].bound))
      return solution;
    solution = add_cuts(std::move(solution));
    if (solution.status != LinearStatus::optimal || fixing_.broken() ||
        cutoff_.closes(nodes_[0].bound))
      return solution;
    solution = with_few_rows(solution);
    branching_ = Branching(program_);
    return solution;
  }

  LinearSolution add_cuts(LinearSolution solution) {
    const RoundingCuts cuts(rows_);
    for (std::size_t round = 0; round < options_.cut_rounds; ++round) {
      if (solution.status != LinearStatus::optimal || fixing_.broken() || stopped() ||
          cutoff_.closes(nodes_[0].bound))
        break;
      if (!add_found(cuts, solution, kCutsPerRound)) break;
      solution = fix_by_reduced_cost(program_.solve(context_));
    }
    return solution;
  }

  // Rounded rows hold at every node, wherever they are found. False: none is violated.
  bool add_found(const RoundingCuts& cuts, const LinearSolution& solution, std::size_t most) {
    auto found = cuts.find(program_.values(solution), most, context_);
    for (RoundingCut& cut : found) rows_.add_rounded(std::move(cut.recipe), std::move(cut.row));
    program_.take_new_rows();
    return !found.empty();
  }

  const RoundingCuts& node_cuts() {
    if (!node_cuts_) node_cuts_.emplace(rows_);
    return *node_cuts_;
  }

  // Most rows hold without being asked for: they come back where they are violated. Rows that woke
  // behind the solution, in a trial, are not known to it and stay.
  LinearSolution with_few_rows(const LinearSolution& solution) {
    const auto& source = program_.source();
    const std::size_t known = std::min(source.size(), solution.dual.size());
    for (std::size_t r = 0; r < known; ++r) {
      if (source[r] != SplitProgram::kSplitRow && solution.dual[r] <= 0) rows_.let_rest(source[r]);
    }
    program_.rebuild();
    return program_.solve(context_);
  }

  // At the root: variables whose reduced cost alone reaches the incumbent, a few times over.
  LinearSolution fix_by_reduced_cost(LinearSolution solution) {
    constexpr int kRounds = 3;
    for (int round = 0; round < kRounds; ++round) {
      if (solution.status != LinearStatus::optimal || !cutoff_.known()) break;
      LeafProof proof = prove_bound(program_, solution.dual);
      const bool more = !cutoff_.closes(proof.bound) && fixing_.by_reduced_cost(proof, program_);
      take(0, std::move(proof));
      if (!more || fixing_.broken()) break;
      solution = program_.solve(context_);
    }
    return solution;
  }

  LinearSolution fix_by_probing(LinearSolution solution) {
    if (solution.status != LinearStatus::optimal || !cutoff_.known()) return solution;
    if (cutoff_.closes(nodes_[0].bound)) return solution;
    const std::uint64_t last =
        std::min(context_.work() + options_.probing_work, options_.last_work);
    const auto order = branching_.recomputations(program_.program());
    if (!fixing_.by_probing(order, solution, last, program_, context_) || fixing_.broken())
      return solution;
    return fix_by_reduced_cost(program_.solve(context_));
  }

  // A row that cannot hold shows that nothing cheaper than the incumbent is left.
  void close_broken(std::uint32_t at) {
    const RowRef& row = program_.program().ref(*fixing_.broken());
    nodes_[at].proof = {.bound = 1, .infeasible = true, .multipliers = {{row, 1}}};
    nodes_[at].solved = true;
  }

  // A proof, if it shows more than the node has.
  void take(std::uint32_t at, LeafProof proof) {
    SplitNode& node = nodes_[at];
    if (!proof.infeasible &&
        (proof.bound < node.bound || (node.solved && proof.bound == node.bound)))
      return;
    node.bound = proof.bound;
    node.solved = true;
    node.proof = std::move(proof);
    node.proof.reduced_cost = {};
  }

  void branch(std::uint32_t at, const LinearSolution& solution) {
    const auto start = std::make_shared<const LinearBasis>(program_.basis());
    auto side = branching_.choose(program_, solution, cutoff_, *start, context_);
    if (!side) return accept_integral(at, solution);
    const Wide bound = nodes_[at].bound;
    nodes_[at].child = static_cast<std::uint32_t>(nodes_.size());
    for (const bool upper : {false, true}) {
      side->upper = upper;
      nodes_.push_back({.parent = at, .branch = *side, .bound = bound, .start = start});
      push(static_cast<std::uint32_t>(nodes_.size() - 1));
    }
  }

  void accept_integral(std::uint32_t at, const LinearSolution& solution) {
    const ReducedProgram& reduced = program_.reduced();
    const std::int64_t cost = reduced.offset + std::llround(solution.objective);
    if (integral_ && cost >= integral_cost_) return;
    integral_ = true;
    integral_cost_ = cost;
    integral_bound_ = nodes_[at].bound;
    result_.solution = reduced.whole_values(solution.value);
  }

  TreeOptions options_;
  Context& context_;
  MomentProgram& rows_;
  Cutoff cutoff_;
  RootFixing fixing_;
  SplitProgram program_;
  Branching branching_;
  std::optional<RoundingCuts> node_cuts_;
  std::vector<SplitNode> nodes_;
  std::priority_queue<Entry, std::vector<Entry>, Later> open_;
  bool integral_ = false;
  std::int64_t integral_cost_ = 0;
  Wide integral_bound_ = 0;
  TreeResult result_;
};

}  // namespace

TreeResult run_split_tree(MomentProgram& program, Fixings fixings, const TreeOptions& options,
                          Context& context) {
  return Tree(program, std::move(fixings), options, context).run();
}

}  // namespace hcb
