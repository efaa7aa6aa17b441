// What an incumbent rules out before a tree branches, with the reasons.
#pragma once

#include <cstdint>
#include <vector>

#include "check/certificate.h"

namespace hcb {

// A variable that has one value in every schedule cheaper than the incumbent, and why.
struct Fixing {
  VariableRef variable;
  std::uint32_t why = 0;  // list of Fixings::lists: proves the incumbent's cost on the other side,
  bool infeasible = false;  // or that nothing is there, given the fixings before this one
  bool one = false;         // the value
};

struct Fixings {
  std::vector<std::vector<Multiplier>> lists;
  std::vector<Fixing> items;

  // One with a list of its own.
  void add(const VariableRef& variable, bool one, bool infeasible, std::vector<Multiplier> why) {
    items.push_back({variable, static_cast<std::uint32_t>(lists.size()), infeasible, one});
    lists.push_back(std::move(why));
  }
};

}  // namespace hcb
