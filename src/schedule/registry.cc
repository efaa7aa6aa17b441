// The strategies by name: one line each.
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "schedule/strategies/all.h"
#include "schedule/strategy.h"

namespace hcb {
namespace {

constexpr std::array<std::string_view, 1> kBlocks{"block-size"};
constexpr std::array<std::string_view, 2> kTree{"block-size", "arity"};
constexpr std::array<std::string_view, 2> kBinomial{"block-size", "slots"};

constexpr std::array<std::string_view, 4> kSearch{"effort", "keep-order", "time-limit",
                                                  "work-limit"};
constexpr std::array<std::string_view, 2> kExact{"keep-order", "work-limit"};

constexpr std::array<Strategy, 7> kStrategies{{
    {"store-all", "every node once", {}, store_all},
    {"periodic", "keep every k-th block boundary, recompute each block once", kBlocks, periodic},
    {"interval-tree", "height compression: recursive replay over a balanced tree of blocks", kTree,
     interval_tree_strategy},
    {"revolve", "binomial schedule: fewest executions with k slots for block inputs", kBinomial,
     revolve},
    {"chain-dp", "optimal persistent schedule of the chain of blocks under a byte budget", kBlocks,
     chain_dp},
    {"budget", "least extra time under a byte budget: starts, cuts and local search", kSearch,
     budget_strategy},
    {"exact", "exhaustive search of tiny graphs: least extra time, or least peak without a budget",
     kExact, exact},
}};

}  // namespace

std::span<const Strategy> strategies() { return kStrategies; }

Result<const Strategy*> find_strategy(std::string_view name) {
  std::vector<std::string> names;
  for (const Strategy& strategy : kStrategies) {
    if (strategy.name == name) return &strategy;
    names.emplace_back(strategy.name);
  }
  return fail(ErrorKind::usage,
              fmt::format("unknown strategy '{}'{}", printable(name), did_you_mean(name, names)),
              fmt::format("strategies: {}", fmt::join(names, ", ")));
}

}  // namespace hcb
