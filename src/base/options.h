// Every option of `hcb` that has a value, in one table: the command line, the plan file ("options
// as resolved"), `hcb check` (which replays a plan's model options), the help text and
// docs/options.md all read it.
//
// Options fall into groups. `model`: which graph is planned. `memory`: how bytes are counted.
// `strategy`: read by some strategies only; the registry of strategies says which
// (src/schedule/registry.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hcb {

enum class Optimizer { none, sgd, momentum, adam, adamw };
enum class ActivationType { as_stored, bf16, fp16 };
enum class CostModel { roofline, fused };
enum class Effort { fast, balanced, exhaustive };

struct Options {
  // model
  std::vector<std::pair<std::string, std::int64_t>> dims;  // --dim batch=8, in the order given
  std::vector<std::pair<std::string, std::vector<std::int64_t>>>
      input_shapes;                   // --input-shape x=8x3x224x224
  std::optional<std::int64_t> batch;  // --batch 8
  std::vector<std::string> outputs;   // --output NAME: seeds of the backward
  std::vector<std::string> train;     // --train GLOB
  std::vector<std::string> freeze;    // --freeze GLOB
  bool eval_ops_keep = false;         // --eval-ops keep
  bool inference = false;             // --inference
  ActivationType activation_type = ActivationType::as_stored;  // --activation-dtype
  Optimizer optimizer = Optimizer::none;
  bool master_weights = false;  // --master-weights
  std::string device = "a100-80g";
  CostModel cost_model = CostModel::roofline;
  std::string order;  // --order NAME|FILE; empty: as the file has it
  std::string costs;  // --costs FILE: a profile; empty: estimates
  // memory
  Bytes alignment = 512;
  Bytes headroom = 0;
  std::optional<Budget> memory_budget;
  // strategy
  std::string strategy;                    // empty: not given
  std::optional<std::int64_t> block_size;  // nullopt: `auto` (or not given)
  bool block_size_given = false;           // also when given as `auto` or `module`
  bool module_blocks = false;              // --block-size module
  std::optional<std::int64_t> arity;
  std::optional<std::int64_t> slots;       // --slots: of the binomial schedule
  Effort effort = Effort::balanced;        // --effort
  bool keep_order = false;                 // --keep-order: first executions stay in the given order
  std::optional<std::int64_t> time_limit;  // --time-limit, seconds
  std::optional<std::int64_t> work_limit;  // --work-limit, in place of the effort's
  friend bool operator==(const Options&, const Options&) = default;
};

enum class OptionGroup { model, memory, strategy };

struct OptionSpec {
  std::string_view name;     // without dashes: "block-size"
  std::string_view metavar;  // "N|auto"; empty: a flag without value
  std::string_view help;
  OptionGroup group;
  bool repeatable;
  Result<void> (*read)(Options&, std::string_view value);  // adds one occurrence
  std::vector<std::string> (*write)(
      const Options&);  // values as `read` takes them; empty: at its default
};

// In the order of the help text.
[[nodiscard]] std::span<const OptionSpec> option_table();

// The spec of that name, or nullptr.
[[nodiscard]] const OptionSpec* find_option(std::string_view name);

}  // namespace hcb
