// What is usable is decided before any work; what a plan claims is derived from its executions
// alone, by the simulator, and then checked again by the checker, which shares no code with it.
#include "schedule/runner.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/memory_bounds.h"
#include "base/log.h"
#include "base/text.h"
#include "check/check.h"
#include "check/simulate.h"
#include "plan/fingerprint.h"
#include "plan/projection.h"
#include "schedule/blocks.h"
#include "schedule/bounds/bound.h"
#include "schedule/forward_order.h"
#include "schedule/nearest.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

constexpr std::uint64_t kBoundWork = 400'000'000;  // of the bound of one moment
constexpr std::uint64_t kHelpWork = 2'000'000;     // of the tree that a message begins from

// A budget asks for the budget planner, unless an option is given that only the tree reads.
std::string_view strategy_name(const Options& options) {
  if (!options.strategy.empty()) return options.strategy;
  const bool tree = options.block_size_given || options.arity;
  return options.memory_budget && !tree ? "budget" : "interval-tree";
}

// Logs how long a phase took. Times never enter a plan.
class PhaseTimer {
 public:
  void finish(std::string_view phase) {
    const auto now = std::chrono::steady_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count();
    log_debug(fmt::format("{}: {} ms", phase, ms));
    start_ = now;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::vector<std::string_view> readers_of(std::string_view option) {
  std::vector<std::string_view> names;
  for (const Strategy& strategy : strategies()) {
    if (std::ranges::find(strategy.reads, option) != strategy.reads.end())
      names.push_back(strategy.name);
  }
  return names;
}

Result<void> check_options_are_read(const Strategy& strategy, const Options& options) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.group != OptionGroup::strategy || spec.name == "strategy") continue;
    if (spec.write(options).empty()) continue;
    if (std::ranges::find(strategy.reads, spec.name) != strategy.reads.end()) continue;
    return fail(ErrorKind::usage,
                fmt::format("--{} is not read by '{}'; it is read by: {}", spec.name, strategy.name,
                            fmt::join(readers_of(spec.name), ", ")));
  }
  return {};
}

Result<void> check_block_size(const Graph& graph, const Options& options) {
  if (options.module_blocks && module_boundaries(graph, forward_order(graph)).size() <= 2) {
    return fail(ErrorKind::usage, "--block-size module: the graph names no two modules",
                "give a number of nodes, or --block-size auto");
  }
  if (!options.block_size) return {};
  const auto nodes = static_cast<std::int64_t>(forward_order(graph).counted);
  if (*options.block_size >= 1 && *options.block_size <= nodes) return {};
  return fail(ErrorKind::usage,
              fmt::format("--block-size {}: the graph has {} forward nodes (views not counted)",
                          *options.block_size, nodes),
              fmt::format("give a size from 1 to {}, or --block-size auto", nodes));
}

Result<std::optional<Bytes>> budget_in_bytes(const Options& options, Bytes base_peak) {
  if (!options.memory_budget) return std::nullopt;
  const Bytes asked = options.memory_budget->of(base_peak);
  if (options.headroom < asked) return asked - options.headroom;
  return fail(ErrorKind::usage,
              fmt::format("--headroom {} leaves nothing of the memory budget of {} bytes",
                          options.headroom, asked));
}

// A budget below what some instant of every schedule needs is proved not to fit.
Result<void> check_not_proved_infeasible(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                         std::optional<Bytes> budget, Bytes headroom) {
  if (!budget) return {};
  const MemoryBounds bounds = memory_lower_bounds(graph, size);
  if (*budget >= bounds.bound) return {};
  std::string where = "the resident tensors";
  if (bounds.witness != kNone<NodeId>) {
    where = fmt::format("node '{}'", printable(graph.name(bounds.witness)));
  }
  // No node alone is to blame: all outputs are there together at the end.
  if (bounds.l2 > bounds.l1) where = "what is held to the end (gradients, outputs) beside " + where;
  return fail(ErrorKind::infeasible,
              fmt::format("proved not to fit: {} needs {} ({} bytes), the budget is {} ({} bytes): "
                          "{} bytes over",
                          where, format_bytes(bounds.bound), bounds.bound, format_bytes(*budget),
                          *budget, bounds.bound - *budget),
              fmt::format("give at least --memory-budget {}",
                          checked_add(bounds.bound, headroom).value_or(bounds.bound)));
}

// Budgets near one that is too small; `known`: the sequence of least peak at hand.
std::string what_helps(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                       const Options& options, Bytes budget, std::vector<NodeId> known,
                       const Context& context) {
  const auto points = nearest_budgets(graph, size, budget, std::move(known), context);
  return points_help(points, options.headroom, base_time(graph));
}

// Nothing fits, so that the tree of least peak says where to begin.
Error with_help(const Graph& graph, const Options& options, Error error, Context& context) {
  const auto size = rounded_sizes(graph, options.alignment);
  if (!size || context.cancelled()) return error;
  const auto base = simulate(graph, plain_sequence(graph), *size);
  if (!base) return error;
  std::vector<NodeId> known = plain_sequence(graph);
  if (!options.keep_order) {
    Options tree = options;
    tree.memory_budget.reset();
    Context part = context.part(kHelpWork);
    auto least = interval_tree_strategy({graph, *size, tree, std::nullopt}, part);
    if (least) known = std::move(least->sequence);
  }
  const Bytes asked = std::max(options.memory_budget->of(base->peak) - options.headroom,
                               memory_lower_bounds(graph, *size).bound - 1);
  if (!error.help.empty()) error.help += "; or ";
  error.help += what_helps(graph, *size, options, asked, std::move(known), context);
  return error;
}

struct Setup {
  std::string_view maker;  // the strategy's name
  IdVector<BufferId, Bytes> size;
  Simulation base;
  std::optional<Bytes> budget;
};

Result<const Strategy*> usable_strategy(const Graph& graph, const Options& options) {
  HCB_TRY(const Strategy* const strategy, find_strategy(strategy_name(options)));
  HCB_CHECK(check_options_are_read(*strategy, options));
  HCB_CHECK(check_block_size(graph, options));
  return strategy;
}

Result<Setup> prepare(const Graph& graph, const Options& options, std::string_view maker) {
  Setup setup;
  setup.maker = maker;
  HCB_TRY(setup.size, rounded_sizes(graph, options.alignment));
  HCB_TRY(setup.base, simulate(graph, plain_sequence(graph), setup.size));
  HCB_TRY(setup.budget, budget_in_bytes(options, setup.base.peak));
  HCB_CHECK(check_not_proved_infeasible(graph, setup.size, setup.budget, options.headroom));
  return setup;
}

PlanStatus status_of(const Plan& plan) {
  if (!plan.budget) return PlanStatus::no_budget;
  if (plan.peak > *plan.budget) return PlanStatus::over_budget;
  if (plan.bound && plan.bound->extra_time == plan.extra_time) return PlanStatus::optimal;
  const bool interrupted = plan.search && plan.search->reason == StopReason::interrupted;
  return interrupted ? PlanStatus::interrupted : PlanStatus::feasible;
}

// Without the blanks between its parts: no name in it has one.
std::string compact(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

PlanBound plan_bound(const ProvedBound& proved) {
  PlanBound bound{.extra_time = proved.extra_time, .scope = proved.scope};
  if (!proved.certificate) return bound;
  bound.moment = proved.moment;
  const std::int64_t common = std::gcd(proved.price_time, proved.price_bytes);
  bound.price_time = proved.price_time / common;
  bound.price_bytes = proved.price_bytes / common;
  bound.certificate = compact(to_json(*proved.certificate));
  bound.certificate_hash = text_hash(bound.certificate);
  return bound;
}

// The bound of the best single moment, for strategies that prove nothing; nullopt: a person asked
// to stop, or nothing fits although this plan does.
std::optional<PlanBound> bound_of_one_moment(const Graph& graph, const Setup& setup,
                                             const Context& context) {
  Context part = context.part(kBoundWork);
  auto found = cut_bound(graph, setup.size, *setup.budget, Scope::any_order, part);
  if (!found || found->status == BoundStatus::infeasible) return std::nullopt;
  ProvedBound proved{.extra_time = found->extra_time, .scope = found->scope};
  if (found->extra_time > 0) {
    proved.certificate = std::move(found->certificate);
    proved.moment = found->moment;
    proved.price_time = found->price_nanos;
    proved.price_bytes = found->price_bytes;
  }
  return plan_bound(proved);
}

// Of a plan within its budget. That extra time is not negative proves a plan without any optimal.
std::optional<PlanBound> bound_for(const Graph& graph, const Setup& setup, const Schedule& schedule,
                                   const Simulation& simulation, const Context& context) {
  if (!setup.budget || simulation.peak > *setup.budget) return std::nullopt;
  if (simulation.extra_time == 0) return PlanBound{};
  if (schedule.bound) return plan_bound(*schedule.bound);
  return bound_of_one_moment(graph, setup, context);
}

// Absent where tagging tensors cannot give a valid schedule.
std::optional<Projection> project(const Graph& graph, const Setup& setup,
                                  const std::vector<BufferId>& kept) {
  if (turn(graph) == kNone<NodeId>) return std::nullopt;
  const auto simulation = simulate(graph, projected_sequence(graph, kept), setup.size);
  if (!simulation) return std::nullopt;
  return Projection{kept, simulation->peak, simulation->extra_time};
}

Result<Plan> derive_plan(const Graph& graph, const Options& options, const Setup& setup,
                         Schedule& schedule, const Context& context) {
  HCB_TRY(const Simulation simulation, simulate(graph, schedule.sequence, setup.size));
  Plan plan;
  plan.graph = graph_record(graph);
  plan.options = options;
  plan.strategy = setup.maker;
  plan.budget = setup.budget;
  plan.peak = simulation.peak;
  plan.base_peak = setup.base.peak;
  plan.extra_time = simulation.extra_time;
  plan.base_time = setup.base.time;
  plan.bound = bound_for(graph, setup, schedule, simulation, context);
  plan.estimate = schedule.estimate;
  plan.search = schedule.search;
  plan.status = status_of(plan);
  plan.steps = with_frees(graph, schedule.sequence);
  plan.save_nodes = saved_at_turn(graph, plan.steps);
  plan.projection = project(graph, setup, plan.save_nodes);
  plan.forward_order = std::move(schedule.forward_order);
  plan.blocks = std::move(schedule.blocks);
  plan.interval_tree = std::move(schedule.interval_tree);
  plan.meta = std::move(schedule.meta);
  return plan;
}

std::unexpected<Error> broken(const Setup& setup, std::string_view what) {
  return fail(ErrorKind::internal,
              fmt::format("the plan of strategy '{}' is wrong: {}", setup.maker, what),
              "this is a bug of hcb, please report it with the model");
}

}  // namespace

namespace {

Result<PlanResult> plan_or_error(const Graph& graph, const Options& options, Context& context) {
  HCB_CHECK(context.check());
  PhaseTimer timer;
  HCB_TRY(const Strategy* const strategy, usable_strategy(graph, options));
  HCB_TRY(const Setup setup, prepare(graph, options, strategy->name));
  timer.finish("base schedule and bounds");
  const StrategyRequest request{graph, setup.size, options, setup.budget};
  HCB_TRY(Schedule schedule, strategy->run(request, context));
  timer.finish(fmt::format("strategy {}", setup.maker));
  auto plan = derive_plan(graph, options, setup, schedule, context);
  if (!plan) return broken(setup, plan.error().message);
  timer.finish("deriving the plan");
  const CheckReport report = check_plan(graph, setup.size, *plan);
  timer.finish("check");
  if (!report.findings.empty()) return broken(setup, report.findings.front().message);
  PlanResult result{*std::move(plan), std::move(schedule.notes), {}};
  if (result.plan.status == PlanStatus::over_budget) {
    result.help =
        what_helps(graph, setup.size, options, *setup.budget, executions(result.plan), context);
  }
  return result;
}

}  // namespace

Result<PlanResult> make_plan(const Graph& graph, const Options& options, Context& context) {
  auto result = plan_or_error(graph, options, context);
  if (result || result.error().kind != ErrorKind::infeasible) return result;
  return std::unexpected(with_help(graph, options, std::move(result).error(), context));
}

Result<PlanResult> plan_of_executions(const Graph& graph, const Options& options,
                                      std::string_view maker, std::vector<NodeId> executions,
                                      Context& context) {
  HCB_CHECK(context.check());
  HCB_TRY(const Setup setup, prepare(graph, options, maker));
  Schedule schedule;
  schedule.sequence = std::move(executions);
  HCB_TRY(Plan plan, derive_plan(graph, options, setup, schedule, context));
  const CheckReport report = check_plan(graph, setup.size, plan);
  if (!report.findings.empty())
    return fail(ErrorKind::check_failed, report.findings.front().message);
  return PlanResult{std::move(plan), {}, {}};
}

}  // namespace hcb
