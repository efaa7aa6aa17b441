// Best first by the proved bound of the parent; programs are solved when a node is taken, each from
// the basis of the one before it. Splits become rows that are switched on and off. Source: the
// certificate of check/certificate.h; branching on sums after Ryan and Foster (1981) in spirit.
#include "schedule/bounds/split_tree.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>

#include "schedule/bounds/propagation.h"

namespace hcb {
namespace {

using Wide = __int128;
constexpr double kFraction = 1e-6;
constexpr std::uint32_t kNoNode = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Split {
  std::vector<std::uint32_t> variables;  // of the system
  std::size_t row = 0;                   // of the solver
  std::size_t row_at_most = 0;           // the mirrored one
};

struct Node {
  std::uint32_t parent = kNoNode;
  bool upper = false;             // which side of the parent's split
  std::uint32_t split = kNoNode;  // index of an inner node's split
  std::int64_t most = 0;
  std::uint32_t lower_child = kNoNode;
  std::uint32_t upper_child = kNoNode;
  Wide bound = 0;  // scaled
  bool infeasible = false;
  std::vector<Multiplier> multipliers;
  std::vector<std::pair<std::uint32_t, std::int64_t>> split_multipliers;
};

class Tree {
 public:
  Tree(const Program& program, Fixings fixings, const TreeOptions& options, Context& context)
      : program_(program),
        system_(program.system()),
        fixings_(std::move(fixings)),
        options_(options),
        context_(context),
        propagation_(program),
        low_(program.lows()),
        high_(program.highs()) {
    for (const Fixing& fixing : fixings_.items)
      (fixing.one ? low_ : high_)[number(fixing.variable)] = fixing.one;
    propagate();
    reduced_.emplace(program, low_, high_);
    solver_.emplace(reduced_->model, options.last_work);
    build_groups();
  }

  TreeResult run() {
    nodes_.push_back({});
    push(0);
    while (!open_.empty()) {
      const auto at = open_.top().second;
      if (closed(nodes_[at].bound) || (integral_ && nodes_[at].bound >= integral_bound_)) break;
      if (result_.nodes >= options_.nodes || stopped()) break;
      open_.pop();
      process(at);
    }
    return conclude();
  }

 private:
  using Entry = std::pair<Wide, std::uint32_t>;
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.first != b.first ? a.first > b.first : a.second < b.second;  // newest first
    }
  };

  [[nodiscard]] std::uint32_t number(const VariableRef& ref) const {
    if (ref.kind == VariableRef::Kind::x) return system_.x(ref.moment, BufferId{ref.id});
    return ref.kind == VariableRef::Kind::t ? system_.t(ref.moment, NodeId{ref.id})
                                            : system_.r(ref.moment, NodeId{ref.id});
  }

  // Variables that can be named in a split.
  [[nodiscard]] std::uint32_t named_end() const {
    const Graph& graph = system_.graph();
    return static_cast<std::uint32_t>(system_.moment_count() *
                                      (2 * graph.node_count() + graph.buffer_count()));
  }

  // What single rows imply about the boxes at the root becomes fixings; says how many there are.
  std::size_t propagate() {
    std::size_t broken = 0;
    const auto implied = propagation_.run(low_, high_, named_end(), broken);
    if (broken < program_.row_count()) broken_ = broken;
    for (const Implied& i : implied) {
      const auto list = static_cast<std::uint32_t>(fixings_.lists.size());
      fixings_.lists.push_back({{program_.ref(i.row), 1}});
      fixings_.items.push_back({named(i.variable), list, true, i.one});
      if (solver_ && has_column(i.variable))
        solver_->set_box(column(i.variable), low_[i.variable], high_[i.variable]);
    }
    return implied.size();
  }

  [[nodiscard]] bool stopped() const {
    return context_.exhausted() || context_.cancelled() || context_.work() >= options_.last_work;
  }

  void push(std::uint32_t at) { open_.push({nodes_[at].bound, at}); }

  [[nodiscard]] Wide scaled(std::int64_t units) const {
    return Wide{units} << program_.scale().log2;
  }

  // Does a scaled bound, rounded up to units, reach the incumbent?
  [[nodiscard]] bool closed(Wide bound) const {
    return options_.incumbent != std::numeric_limits<std::int64_t>::max() &&
           bound > scaled(options_.incumbent - 1);
  }

  // Recomputations of nodes that make as many bytes, by moment.
  void build_groups() {
    const Graph& graph = system_.graph();
    std::map<std::pair<std::size_t, Bytes>, std::vector<std::uint32_t>> by_size;
    for (std::size_t k = 0; k < system_.moment_count(); ++k) {
      for (const NodeId i : graph.nodes()) {
        if (!has_column(system_.r(k, i))) continue;
        Bytes made = 0;
        for (const BufferId b : graph.makes(i)) made += system_.sure_bytes(b);
        by_size[{k, made}].push_back(system_.r(k, i));
        if (k + 1 < system_.moment_count() && has_column(system_.t(k, i)))
          by_size[{k + system_.moment_count(), made}].push_back(system_.t(k, i));
      }
    }
    for (auto& [key, members] : by_size) {
      if (members.size() > 1) groups_.push_back(std::move(members));
    }
    for (const std::uint32_t v : reduced_->variables) {
      const std::size_t nodes = 2 * system_.moment_count() * graph.node_count();
      const std::size_t kept = system_.moment_count() * graph.buffer_count();
      if (v < nodes) singles_.push_back({v});
      if (v >= nodes && v < nodes + kept) kept_.push_back({v});
    }
  }

  [[nodiscard]] std::uint32_t column(std::uint32_t v) const { return reduced_->column[v]; }
  [[nodiscard]] bool has_column(std::uint32_t v) const {
    return column(v) != ReducedProgram::kNoColumn;
  }

  // ---- one node

  void set_least(std::size_t row, double least) {
    solver_->set_least(row, least);
    least_[row] = least;
  }

  void apply_path(std::uint32_t at) {
    for (const std::size_t row : switched_) set_least(row, -kInfinity);
    switched_.clear();
    for (const auto& [v, box] : boxed_) solver_->set_box(column(v), low_[v], high_[v]);
    boxed_.clear();
    path_low_ = low_;
    path_high_ = high_;
    for (; nodes_[at].parent != kNoNode; at = nodes_[at].parent) {
      const Node& parent = nodes_[nodes_[at].parent];
      const Split& split = splits_[parent.split];
      if (split.variables.size() == 1) {
        const std::uint32_t v = split.variables.front();
        (nodes_[at].upper ? path_low_[v] : path_high_[v]) = nodes_[at].upper ? 1 : 0;
        boxed_.emplace_back(v, 0);
        solver_->set_box(column(v), path_low_[v], path_high_[v]);
        continue;
      }
      const std::size_t row = nodes_[at].upper ? split.row : split.row_at_most;
      const auto least = static_cast<double>(nodes_[at].upper ? parent.most + 1 : -parent.most);
      // The innermost split of a set is the tightest of its side: it comes first on this walk.
      if (std::ranges::find(switched_, row) != switched_.end()) continue;
      set_least(row, least);
      switched_.push_back(row);
    }
  }

  void process(std::uint32_t at) {
    ++result_.nodes;
    apply_path(at);
    LinearSolution solution = solver_->solve(context_);
    if (at == 0) solution = fix_by_probing(fix_by_reduced_cost(std::move(solution)));
    if (broken_) return close_broken(at);
    if (solution.status == LinearStatus::unknown) return keep_open(at);
    if (solution.status == LinearStatus::infeasible) {
      if (!take_multipliers(at, solution, true)) keep_open(at);
      return;
    }
    take_multipliers(at, solution, false);
    if (closed(nodes_[at].bound)) return;
    branch(at, solution);
  }

  // At the root: variables whose reduced cost alone reaches the incumbent are fixed, a few times
  // over.
  LinearSolution fix_by_reduced_cost(LinearSolution solution) {
    constexpr int kRounds = 3;
    for (int round = 0; round < kRounds; ++round) {
      if (solution.status != LinearStatus::optimal || options_.incumbent == kNoLimit) break;
      take_multipliers(0, solution, false);
      if (closed(nodes_[0].bound) || fix_columns(solution) == 0) break;
      propagate();
      if (broken_) break;
      apply_path(0);
      solution = solver_->solve(context_);
    }
    return solution;
  }

  // At the root: tries the other value of every variable that is near one, by a program of its own.
  LinearSolution fix_by_probing(LinearSolution solution) {
    if (solution.status != LinearStatus::optimal || options_.incumbent == kNoLimit) return solution;
    if (closed(nodes_[0].bound)) return solution;
    const std::uint64_t last = context_.work() + options_.probing_work;
    const std::size_t before = fixings_.items.size();
    for (const std::uint32_t v : probing_order()) {
      if (broken_ || stopped() || context_.work() >= last) break;
      if (low_[v] == high_[v]) continue;
      probe(v, solution.value[column(v)] < 0.5 ? 1 : 0);
    }
    if (broken_ || fixings_.items.size() == before) return solution;
    apply_path(0);
    return fix_by_reduced_cost(solver_->solve(context_));
  }

  // Recomputations first, those that cost most first.
  [[nodiscard]] std::vector<std::uint32_t> probing_order() const {
    std::vector<std::uint32_t> order;
    for (const auto& single : singles_) order.push_back(single.front());
    const std::size_t nodes = system_.graph().node_count();
    std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t v) {
      return system_.graph().cost(id_at<NodeId>(v % nodes)).time;
    });
    return order;
  }

  void probe(std::uint32_t v, std::int8_t value) {
    solver_->set_box(column(v), value, value);
    const LinearSolution trial = solver_->solve(context_);
    path_low_ = low_;
    path_high_ = high_;
    path_low_[v] = path_high_[v] = value;
    Node proof;
    const bool infeasible = trial.status == LinearStatus::infeasible;
    if (!proves_nothing_cheaper(trial, proof)) {
      solver_->set_box(column(v), low_[v], high_[v]);
      return;
    }
    low_[v] = high_[v] = static_cast<std::int8_t>(1 - value);
    solver_->set_box(column(v), low_[v], high_[v]);
    fixings_.items.push_back(
        {named(v), static_cast<std::uint32_t>(fixings_.lists.size()), infeasible, value == 0});
    fixings_.lists.push_back(std::move(proof.multipliers));
    propagate();
  }

  // On the current boxes, at the root.
  bool proves_nothing_cheaper(const LinearSolution& trial, Node& proof) {
    if (trial.status == LinearStatus::optimal) {
      const double scale = std::ldexp(1.0, static_cast<int>(program_.scale().log2));
      return closed(evaluate(0, trial.dual, scale, false, proof));
    }
    if (trial.status == LinearStatus::unknown) return false;
    for (const double sign : {1.0, -1.0}) {
      proof = {};
      if (evaluate(0, trial.dual, sign * ray_scale(trial.dual), true, proof) > 0) return true;
    }
    return false;
  }

  std::size_t fix_columns(const LinearSolution& solution) {
    std::size_t count = 0;
    Node proof;
    const double scale = std::ldexp(1.0, static_cast<int>(program_.scale().log2));
    const Wide bound = evaluate(0, solution.dual, scale, false, proof);
    const auto list = static_cast<std::uint32_t>(fixings_.lists.size());
    for (const std::uint32_t v : reduced_->variables) {
      if (v >= named_end() || low_[v] == high_[v]) continue;
      const Wide d = reduced_cost_[v];
      if (!closed(bound + (d > 0 ? d : -d))) continue;
      const bool one = d < 0;
      (one ? low_ : high_)[v] = one ? 1 : 0;
      solver_->set_box(column(v), low_[v], high_[v]);
      fixings_.items.push_back({named(v), list, false, one});
      ++count;
    }
    if (count > 0) fixings_.lists.push_back(std::move(proof.multipliers));
    return count;
  }

  // A row that cannot hold shows that nothing cheaper than the incumbent is left.
  void close_broken(std::uint32_t at) {
    nodes_[at].multipliers = {{program_.ref(*broken_), 1}};
    nodes_[at].split_multipliers.clear();
    nodes_[at].infeasible = true;
    own_[at] = true;
  }

  // A node that cannot be worked on stays with the bound it has.
  void keep_open(std::uint32_t at) { stuck_.push_back(at); }

  // Rounded duals and what they prove, if that is more than the node has.
  bool take_multipliers(std::uint32_t at, const LinearSolution& solution, bool infeasible) {
    bool better = false;
    for (const double sign : infeasible ? std::vector<double>{1, -1} : std::vector<double>{1}) {
      const double scale = infeasible ? ray_scale(solution.dual)
                                      : std::ldexp(1.0, static_cast<int>(program_.scale().log2));
      Node trial;
      const Wide bound = evaluate(at, solution.dual, sign * scale, infeasible, trial);
      if (infeasible ? bound <= 0 : bound <= nodes_[at].bound && !nodes_[at].multipliers.empty())
        continue;
      if (infeasible || bound >= nodes_[at].bound) {
        nodes_[at].multipliers = std::move(trial.multipliers);
        nodes_[at].split_multipliers = std::move(trial.split_multipliers);
        nodes_[at].infeasible = infeasible;
        nodes_[at].bound = bound;
        own_[at] = true;
        better = true;
        break;
      }
    }
    return better;
  }

  [[nodiscard]] static double ray_scale(const std::vector<double>& ray) {
    double most = 0;
    for (const double value : ray) most = std::max(most, std::abs(value));
    return most > 0 ? std::ldexp(1.0, 60) / most : 1;
  }

  // What multipliers prove under the boxes of the current path.
  Wide evaluate(std::uint32_t at, const std::vector<double>& dual, double scale, bool infeasible,
                Node& trial) {
    std::vector<Wide> d(system_.variable_count(), 0);
    if (!infeasible) {
      for (std::uint32_t v = 0; v < d.size(); ++v) d[v] = scaled(program_.cost(v));
    }
    Wide bound = 0;
    for (std::size_t r = 0; r < reduced_->source.size(); ++r) {
      const std::int64_t value = rounded(dual[r] * scale);
      if (value <= 0) continue;
      trial.multipliers.push_back({program_.ref(reduced_->source[r]), value});
      subtract(program_.row(reduced_->source[r]), value, d, bound);
    }
    std::vector<std::uint32_t> path = path_to(at);
    std::vector<std::size_t> seen;
    for (std::size_t p = path.size(); p-- > 1;) {
      const Node& parent = nodes_[path[p - 1]];
      const Split& split = splits_[parent.split];
      if (split.variables.size() == 1) continue;
      const bool upper = nodes_[path[p]].upper;
      const std::size_t row = upper ? split.row : split.row_at_most;
      if (std::ranges::find(seen, row) != seen.end()) continue;
      seen.push_back(row);
      const std::int64_t value = rounded(dual[row] * scale);
      if (value <= 0) continue;
      trial.split_multipliers.emplace_back(
          static_cast<std::uint32_t>(fixings_.items.size() + p - 1), value);
      Row on_path{{}, upper ? parent.most + 1 : -parent.most};
      for (const std::uint32_t v : split.variables) on_path.terms.push_back({v, upper ? 1 : -1});
      subtract(on_path, value, d, bound);
    }
    for (std::size_t v = 0; v < d.size(); ++v)
      bound += d[v] * (d[v] > 0 ? path_low_[v] : path_high_[v]);
    reduced_cost_ = std::move(d);
    return bound;
  }

  [[nodiscard]] static std::int64_t rounded(double value) {
    return std::abs(value) < 4e18 ? std::llround(value) : 0;
  }

  static void subtract(const Row& row, Wide multiplier, std::vector<Wide>& d, Wide& bound) {
    for (const Term& term : row.terms) d[term.variable] -= multiplier * term.coefficient;
    bound += multiplier * row.least;
  }

  [[nodiscard]] std::vector<std::uint32_t> path_to(std::uint32_t at) const {
    std::vector<std::uint32_t> path;
    for (; at != kNoNode; at = nodes_[at].parent) path.push_back(at);
    std::ranges::reverse(path);
    return path;
  }

  // ---- branching

  void branch(std::uint32_t at, const LinearSolution& solution) {
    const std::vector<std::uint32_t>* members = choose(solution);
    if (members == nullptr) return accept_integral(at, solution);
    const std::uint32_t split = split_on(*members);
    const auto first = static_cast<std::uint32_t>(nodes_.size());
    nodes_[at].split = split;
    nodes_[at].most = static_cast<std::int64_t>(std::floor(sum(*members, solution)));
    nodes_[at].lower_child = first;
    nodes_[at].upper_child = first + 1;
    for (const bool upper : {false, true}) {
      Node child{.parent = at, .upper = upper};
      child.bound = nodes_[at].bound;
      nodes_.push_back(std::move(child));
      push(static_cast<std::uint32_t>(nodes_.size() - 1));
    }
  }

  [[nodiscard]] double sum(const std::vector<std::uint32_t>& members,
                           const LinearSolution& solution) const {
    double total = 0;
    for (const std::uint32_t v : members) total += solution.value[column(v)];
    return total;
  }

  struct Choice {
    const std::vector<std::uint32_t>* members = nullptr;
    double score = 0;
  };

  // Sets whose sum is fractional, those that weigh most first.
  void collect(const std::vector<std::vector<std::uint32_t>>& sets, const LinearSolution& solution,
               std::vector<Choice>& found) const {
    for (const auto& members : sets) {
      const double total = sum(members, solution);
      const double away = std::min(total - std::floor(total), std::ceil(total) - total);
      if (away < kFraction) continue;
      double cost = 1;
      for (const std::uint32_t v : members) cost += static_cast<double>(program_.cost(v));
      found.push_back({&members, away * cost / static_cast<double>(members.size())});
    }
  }

  // Tries the most promising sets on both sides and takes the one whose worse side gains most.
  [[nodiscard]] const std::vector<std::uint32_t>* choose(const LinearSolution& solution) {
    constexpr std::size_t kTried = 8;
    std::vector<Choice> found;
    collect(groups_, solution, found);
    collect(singles_, solution, found);
    if (found.empty()) collect(kept_, solution, found);
    if (found.size() <= 1) return found.empty() ? nullptr : found.front().members;
    std::ranges::stable_sort(found, std::greater{}, &Choice::score);
    if (found.size() > kTried) found.resize(kTried);
    for (Choice& choice : found) choice.score = gain(*choice.members, solution);
    return std::ranges::max_element(found, {}, &Choice::score)->members;
  }

  double gain(const std::vector<std::uint32_t>& members, const LinearSolution& solution) {
    const double most = std::floor(sum(members, solution));
    const double low = side(members, most, false) - solution.objective;
    const double high = side(members, most, true) - solution.objective;
    return std::max(std::min(low, high), 1e-6) * std::max(std::max(low, high), 1e-6);
  }

  // Objective of one side of a split, at most the incumbent.
  double side(const std::vector<std::uint32_t>& members, double most, bool upper) {
    const double worst = options_.incumbent == kNoLimit
                             ? 1e15
                             : static_cast<double>(options_.incumbent - reduced_->offset);
    LinearSolution trial;
    if (members.size() == 1) {
      const std::uint32_t v = members.front();
      solver_->set_box(column(v), upper ? 1 : path_low_[v], upper ? path_high_[v] : 0);
      trial = solver_->solve(context_);
      solver_->set_box(column(v), path_low_[v], path_high_[v]);
    } else {
      const Split& split = splits_[split_on(members)];
      const std::size_t row = upper ? split.row : split.row_at_most;
      const double before = least_[row];
      set_least(row, upper ? most + 1 : -most);
      trial = solver_->solve(context_);
      set_least(row, before);
    }
    return trial.status == LinearStatus::optimal ? std::min(trial.objective, worst) : worst;
  }

  std::uint32_t split_on(const std::vector<std::uint32_t>& members) {
    const auto known = split_of_.find(members);
    if (known != split_of_.end()) return known->second;
    Split split{.variables = members};
    if (members.size() > 1) {
      Row more;
      Row less;
      for (const std::uint32_t v : members) {
        more.terms.push_back({column(v), 1});
        less.terms.push_back({column(v), -1});
      }
      split.row = solver_->add_row(more);
      split.row_at_most = solver_->add_row(less);
      set_least(split.row, -kInfinity);
      set_least(split.row_at_most, -kInfinity);
    }
    splits_.push_back(std::move(split));
    const auto number = static_cast<std::uint32_t>(splits_.size() - 1);
    split_of_.emplace(members, number);
    return number;
  }

  void accept_integral(std::uint32_t at, const LinearSolution& solution) {
    keep_open(at);
    const std::int64_t cost = reduced_->offset + std::llround(solution.objective);
    if (integral_ && cost >= result_.solution_cost) return;
    integral_ = true;
    integral_bound_ = nodes_[at].bound;
    result_.solution_cost = cost;
    result_.solution.assign(system_.variable_count(), 0);
    for (std::uint32_t v = 0; v < reduced_->column.size(); ++v) {
      result_.solution[v] = static_cast<std::int8_t>(
          !has_column(v) ? reduced_->fixed_value(v) : std::lround(solution.value[column(v)]));
    }
  }

  // ---- the certificate

  [[nodiscard]] VariableRef named(std::uint32_t v) const {
    const std::size_t nodes = system_.graph().node_count();
    const std::size_t k = v / nodes;
    const std::size_t moments = system_.moment_count();
    const auto id = static_cast<std::uint32_t>(v % nodes);
    const std::size_t buffers = system_.graph().buffer_count();
    if (v >= 2 * moments * nodes) {
      const std::size_t at = v - 2 * moments * nodes;
      return {VariableRef::Kind::x, static_cast<std::uint32_t>(at / buffers),
              static_cast<std::uint32_t>(at % buffers)};
    }
    if (k < moments) return {VariableRef::Kind::r, static_cast<std::uint32_t>(k), id};
    return {VariableRef::Kind::t, static_cast<std::uint32_t>(k - moments), id};
  }

  TreeResult conclude() {
    Certificate& proof = result_.certificate;
    proof.spec = system_.spec();
    proof.denominator_log2 = program_.scale().log2;
    proof.pool = fixings_.lists;
    for (const Fixing& fixing : fixings_.items) {
      proof.tree.push_back({.split = {fixing.variable}});
      if (fixing.one) proof.tree.push_back(leaf_of(fixing));
    }
    inherit_multipliers();
    emit_tree();
    for (std::size_t f = fixings_.items.size(); f-- > 0;) {
      if (!fixings_.items[f].one) proof.tree.push_back(leaf_of(fixings_.items[f]));
    }
    summarise();
    return std::move(result_);
  }

  [[nodiscard]] static ProofNode leaf_of(const Fixing& fixing) {
    return {.multipliers = fixing.why, .infeasible = fixing.infeasible};
  }

  // A node that was never solved proves what its parent's multipliers prove.
  void inherit_multipliers() {
    for (std::uint32_t at = 1; at < nodes_.size(); ++at) {
      if (own_.contains(at) || nodes_[at].split != kNoNode) continue;
      const Node& parent = nodes_[nodes_[at].parent];
      nodes_[at].multipliers = parent.multipliers;
      nodes_[at].split_multipliers = parent.split_multipliers;
    }
  }

  void emit_tree() {
    std::vector<std::uint32_t> stack{0};
    while (!stack.empty()) {
      const Node& node = nodes_[stack.back()];
      stack.pop_back();
      ProofNode out;
      if (node.split != kNoNode) {
        for (const std::uint32_t v : splits_[node.split].variables) out.split.push_back(named(v));
        out.most = node.most;
        stack.push_back(node.upper_child);
        stack.push_back(node.lower_child);
      } else {
        out.multipliers = pooled(node.multipliers);
        out.split_multipliers = node.split_multipliers;
        out.infeasible = node.infeasible;
      }
      result_.certificate.tree.push_back(std::move(out));
    }
  }

  std::uint32_t pooled(const std::vector<Multiplier>& list) {
    auto& pool = result_.certificate.pool;
    if (pool.empty() || pool.back() != list) pool.push_back(list);
    return static_cast<std::uint32_t>(pool.size() - 1);
  }

  void summarise() {
    bool any = false;
    Wide least = 0;
    for (const Node& node : nodes_) {
      if (node.split != kNoNode || node.infeasible) continue;
      if (!any || node.bound < least) least = node.bound;
      any = true;
    }
    const Wide one = Wide{1} << program_.scale().log2;
    result_.infeasible = !any && options_.incumbent == std::numeric_limits<std::int64_t>::max();
    if (!any) {
      result_.bound = options_.incumbent;
    } else if (least > 0) {
      result_.bound = static_cast<std::int64_t>((least - 1) / one + 1);
    }
    const bool capped = options_.incumbent != std::numeric_limits<std::int64_t>::max();
    if (capped) result_.bound = std::min(result_.bound, options_.incumbent);
    result_.closed = (capped && result_.bound >= options_.incumbent) ||
                     (integral_ && result_.bound >= result_.solution_cost) || result_.infeasible;
  }

  const Program& program_;
  const MomentSystem& system_;
  Fixings fixings_;
  TreeOptions options_;
  Context& context_;
  Propagation propagation_;
  std::optional<std::size_t> broken_;  // a row of the program that cannot hold at the root
  std::vector<std::int8_t> low_;
  std::vector<std::int8_t> high_;
  std::vector<Wide> reduced_cost_;  // of the last evaluate()
  std::vector<std::int8_t> path_low_;
  std::vector<std::int8_t> path_high_;
  std::optional<ReducedProgram> reduced_;
  std::optional<LinearSolver> solver_;
  std::vector<std::vector<std::uint32_t>> groups_;
  std::vector<std::vector<std::uint32_t>> singles_;
  std::vector<std::vector<std::uint32_t>> kept_;
  std::vector<Split> splits_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> split_of_;
  std::vector<Node> nodes_;
  std::map<std::uint32_t, bool> own_;
  std::vector<std::uint32_t> stuck_;
  std::map<std::size_t, double> least_;  // of the split rows, as switched
  std::vector<std::size_t> switched_;
  std::vector<std::pair<std::uint32_t, int>> boxed_;
  std::priority_queue<Entry, std::vector<Entry>, Later> open_;
  bool integral_ = false;
  Wide integral_bound_ = 0;
  TreeResult result_;
};

}  // namespace

TreeResult run_split_tree(const Program& program, Fixings fixings, const TreeOptions& options,
                          Context& context) {
  return Tree(program, std::move(fixings), options, context).run();
}

}  // namespace hcb
