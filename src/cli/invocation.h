// A command line as read: which options a command was given, as values.
#pragma once

#include <string>

#include "base/options.h"

namespace hcb {

struct Invocation {
  Options options;
  std::string model;       // path, or "-" for standard input; show: or a plan
  std::string plan;        // check, show, explain: the plan file
  std::string output;      // -o; empty: no file
  std::string committed;   // plan: --check
  std::string old_side;    // diff: the baseline, or the only side
  std::string new_side;    // diff; empty: there is no baseline
  std::string fail_on;     // diff
  std::string max_peak;    // diff
  std::string from_order;  // convert: a list of executions
  std::string shell;       // completion: bash, zsh, fish or man
  std::string format;      // one of the command's; never empty
  bool list_strategies = false;
  bool list_devices = false;
  bool orders = false;         // analyze: the orders compared
  bool frontier = false;       // analyze: cuts and block sizes
  std::string largest;         // fit: the dim
  std::string max_extra_time;  // fit: a share; empty: any
  // generate, as given
  std::string family;
  std::string nodes;
  std::string width;
  std::string seed;
  bool training = false;
  int verbosity = 0;  // -1 quiet, 0 warnings, 1 info, 2 debug
};

}  // namespace hcb
