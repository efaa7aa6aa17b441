#include "base/options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace hcb {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

std::unexpected<Error> bad_value(std::string_view option, std::string_view value,
                                 std::string_view expected) {
  return fail(ErrorKind::usage, fmt::format("--{} '{}': {}", option, value, expected));
}

// A whole number in [low, kMostElements].
Result<std::int64_t> read_integer(std::string_view option, std::string_view text,
                                  std::int64_t low) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() && !text.empty() && text[0] != '-';
  if (whole && (error == std::errc::result_out_of_range || number > kMostElements)) {
    return bad_value(option, text, "expected at most 2^40");
  }
  if (!whole || error != std::errc{} || number < low) {
    return bad_value(option, text, fmt::format("expected a whole number >= {}", low));
  }
  return number;
}

// NAME=VALUE split at the last '=', since names may contain one.
Result<std::pair<std::string, std::string_view>> read_binding(std::string_view option,
                                                              std::string_view text) {
  const std::size_t at = text.rfind('=');
  if (at == std::string_view::npos || at == 0)
    return bad_value(option, text, "expected NAME=VALUE");
  return std::pair{std::string(text.substr(0, at)), text.substr(at + 1)};
}

// Names may contain commas: what has no '=' belongs to the name behind it.
Result<void> read_dim(Options& options, std::string_view text) {
  std::string name;
  const auto parts = split(text, ',');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    name += parts[i];
    if (parts[i].find('=') == std::string::npos && i + 1 < parts.size()) {
      name += ',';
      continue;
    }
    const std::string part = std::exchange(name, {});
    HCB_TRY(const auto binding, read_binding("dim", part));
    HCB_TRY(const std::int64_t size, read_integer("dim", binding.second, 1));
    options.dims.emplace_back(binding.first, size);
  }
  return {};
}

std::vector<std::string> write_dims(const Options& options) {
  std::vector<std::string> out;
  for (const auto& [name, size] : options.dims) out.push_back(fmt::format("{}={}", name, size));
  return out;
}

Result<void> read_input_shape(Options& options, std::string_view text) {
  HCB_TRY(const auto binding, read_binding("input-shape", text));
  std::vector<std::int64_t> shape;
  for (const std::string& dim : split(binding.second, 'x')) {
    HCB_TRY(const std::int64_t size, read_integer("input-shape", dim, 1));
    shape.push_back(size);
  }
  options.input_shapes.emplace_back(binding.first, std::move(shape));
  return {};
}

std::vector<std::string> write_input_shapes(const Options& options) {
  std::vector<std::string> out;
  for (const auto& [name, shape] : options.input_shapes) {
    out.push_back(fmt::format("{}={}", name, fmt::join(shape, "x")));
  }
  return out;
}

// A word out of a fixed list; its position is the value.
Result<std::size_t> read_word(std::string_view option, std::string_view text,
                              std::span<const std::string> words) {
  const auto at = std::ranges::find(words, text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  return bad_value(
      option, text,
      fmt::format("expected one of {}{}", fmt::join(words, ", "), did_you_mean(text, words)));
}

const std::array<std::string, 5> kOptimizers{"none", "sgd", "momentum", "adam", "adamw"};
const std::array<std::string, 3> kActivationTypes{"as-stored", "bf16", "fp16"};
const std::array<std::string, 2> kCostModels{"roofline", "fused"};
const std::array<std::string, 3> kEfforts{"fast", "balanced", "exhaustive"};
const std::array<std::string, 2> kEvalOps{"train", "keep"};

std::vector<std::string> only_if(bool present, std::string value) {
  return present ? std::vector<std::string>{std::move(value)} : std::vector<std::string>{};
}

// One entry per field of Options; the lambdas are the only code that knows how a field is spelled.
const std::array<OptionSpec, 26> kTable{{
    {"dim", "NAME=N", "bind a symbolic dimension (repeatable, or a comma list)", OptionGroup::model,
     true, read_dim, write_dims},
    {"input-shape", "NAME=AxBxC", "set the shape of an input (repeatable)", OptionGroup::model,
     true, read_input_shape, write_input_shapes},
    {"batch", "N", "set the first dimension of every input", OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.batch, read_integer("batch", v, 1));
       return {};
     },
     [](const Options& o) {
       return only_if(o.batch.has_value(), std::to_string(o.batch.value_or(0)));
     }},
    {"output", "NAME", "start the backward at this output only (repeatable)", OptionGroup::model,
     true,
     [](Options& o, std::string_view v) -> Result<void> {
       o.outputs.emplace_back(v);
       return {};
     },
     [](const Options& o) { return o.outputs; }},
    {"train", "GLOB", "constants of these names are parameters (repeatable)", OptionGroup::model,
     true,
     [](Options& o, std::string_view v) -> Result<void> {
       o.train.emplace_back(v);
       return {};
     },
     [](const Options& o) { return o.train; }},
    {"freeze", "GLOB", "constants of these names are not parameters (repeatable)",
     OptionGroup::model, true,
     [](Options& o, std::string_view v) -> Result<void> {
       o.freeze.emplace_back(v);
       return {};
     },
     [](const Options& o) { return o.freeze; }},
    {"eval-ops", "train|keep",
     "plan BatchNorm and Dropout in training form, or as exported (default train)",
     OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(const std::size_t word, read_word("eval-ops", v, kEvalOps));
       o.eval_ops_keep = word == 1;
       return {};
     },
     [](const Options& o) { return only_if(o.eval_ops_keep, "keep"); }},
    {"inference", "", "no backward: the forward graph alone", OptionGroup::model, false,
     [](Options& o, std::string_view) -> Result<void> {
       o.inference = true;
       return {};
     },
     [](const Options& o) { return only_if(o.inference, "true"); }},
    {"activation-dtype", "as-stored|bf16|fp16",
     "weights, activations and gradients that the model has in float32 (default as-stored)",
     OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(const std::size_t word, read_word("activation-dtype", v, kActivationTypes));
       o.activation_type = static_cast<ActivationType>(word);
       return {};
     },
     [](const Options& o) {
       return only_if(o.activation_type != ActivationType::as_stored,
                      kActivationTypes[static_cast<std::size_t>(o.activation_type)]);
     }},
    {"optimizer", "none|sgd|momentum|adam|adamw",
     "this optimizer's state is resident and its updates are steps (default none)",
     OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(const std::size_t word, read_word("optimizer", v, kOptimizers));
       o.optimizer = static_cast<Optimizer>(word);
       return {};
     },
     [](const Options& o) {
       return only_if(o.optimizer != Optimizer::none,
                      kOptimizers[static_cast<std::size_t>(o.optimizer)]);
     }},
    {"master-weights", "", "the optimizer keeps 16-bit weights and its state in float32 as well",
     OptionGroup::model, false,
     [](Options& o, std::string_view) -> Result<void> {
       o.master_weights = true;
       return {};
     },
     [](const Options& o) { return only_if(o.master_weights, "true"); }},
    {"device", "NAME|FILE", "device profile the time estimates are made for (default a100-80g)",
     OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       o.device = v;
       return {};
     },
     [](const Options& o) { return only_if(o.device != Options{}.device, o.device); }},
    {"cost-model", "roofline|fused",
     "eager costs, or as under a fusing compiler (default roofline)", OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(const std::size_t word, read_word("cost-model", v, kCostModels));
       o.cost_model = static_cast<CostModel>(word);
       return {};
     },
     [](const Options& o) {
       return only_if(o.cost_model != CostModel::roofline,
                      kCostModels[static_cast<std::size_t>(o.cost_model)]);
     }},
    {"costs", "FILE", "sizes, workspaces and times that `hcb-run profile` measured",
     OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       o.costs = v;
       return v.empty() ? bad_value("costs", v, "expected a file") : Result<void>{};
     },
     [](const Options& o) { return only_if(!o.costs.empty(), o.costs); }},
    {"order", "NAME|FILE", "order of the nodes: given, best, the name of a heuristic, or a list",
     OptionGroup::model, false,
     [](Options& o, std::string_view v) -> Result<void> {
       o.order = v;
       return v.empty() ? bad_value("order", v, "expected a name or a file") : Result<void>{};
     },
     [](const Options& o) { return only_if(!o.order.empty(), o.order); }},
    {"alignment", "BYTES", "round every buffer up to a multiple of this (default 512)",
     OptionGroup::memory, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.alignment, parse_bytes(v));
       return o.alignment > 0 ? Result<void>{}
                              : bad_value("alignment", v, "expected at least 1 byte");
     },
     [](const Options& o) {
       return only_if(o.alignment != Options{}.alignment, std::to_string(o.alignment));
     }},
    {"headroom", "BYTES", "take this off the budget for context and fragmentation (default 0)",
     OptionGroup::memory, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.headroom, parse_bytes(v));
       return {};
     },
     [](const Options& o) { return only_if(o.headroom != 0, std::to_string(o.headroom)); }},
    {"memory-budget", "SIZE|PERCENT",
     "bytes the peak may not exceed: 8GiB, 8GB, or 60% of the base peak", OptionGroup::memory,
     false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.memory_budget, parse_budget(v));
       return {};
     },
     [](const Options& o) {
       return only_if(o.memory_budget.has_value(),
                      format_budget(o.memory_budget.value_or(Budget{})));
     }},
    {"strategy", "NAME", "how the plan is made (see `hcb plan --list-strategies`)",
     OptionGroup::strategy, false,
     [](Options& o, std::string_view v) -> Result<void> {
       o.strategy = v;
       return {};
     },
     [](const Options& o) { return only_if(!o.strategy.empty(), o.strategy); }},
    {"block-size", "N|auto|module", "forward nodes per block, or blocks as the modules are",
     OptionGroup::strategy, false,
     [](Options& o, std::string_view v) -> Result<void> {
       o.block_size_given = true;
       o.module_blocks = v == "module";
       o.block_size.reset();
       if (v == "auto" || o.module_blocks) return {};
       HCB_TRY(o.block_size, read_integer("block-size", v, 1));
       return {};
     },
     [](const Options& o) {
       const char* const word = o.module_blocks ? "module" : "auto";
       return only_if(o.block_size_given, o.block_size ? std::to_string(*o.block_size) : word);
     }},
    {"arity", "N", "children per node of the interval tree (default 2)", OptionGroup::strategy,
     false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.arity, read_integer("arity", v, 2));
       return {};
     },
     [](const Options& o) {
       return only_if(o.arity.has_value(), std::to_string(o.arity.value_or(0)));
     }},
    {"slots", "K",
     "block inputs that revolve may hold (default: the most that fit the budget, else log2 of the "
     "blocks)",
     OptionGroup::strategy, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.slots, read_integer("slots", v, 1));
       return {};
     },
     [](const Options& o) {
       return only_if(o.slots.has_value(), std::to_string(o.slots.value_or(0)));
     }},
    {"effort", "fast|balanced|exhaustive",
     "how long to search for less extra time (default balanced)", OptionGroup::strategy, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(const std::size_t word, read_word("effort", v, kEfforts));
       o.effort = static_cast<Effort>(word);
       return {};
     },
     [](const Options& o) {
       return only_if(o.effort != Effort::balanced, kEfforts[static_cast<std::size_t>(o.effort)]);
     }},
    {"keep-order", "", "first executions stay in the given order", OptionGroup::strategy, false,
     [](Options& o, std::string_view) -> Result<void> {
       o.keep_order = true;
       return {};
     },
     [](const Options& o) { return only_if(o.keep_order, "true"); }},
    {"time-limit", "SECONDS", "stop searching after this long; the work done is recorded",
     OptionGroup::strategy, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.time_limit, read_integer("time-limit", v, 1));
       return {};
     },
     [](const Options& o) {
       return only_if(o.time_limit.has_value(), std::to_string(o.time_limit.value_or(0)));
     }},
    {"work-limit", "N", "stop searching after this many units of work, in place of --effort",
     OptionGroup::strategy, false,
     [](Options& o, std::string_view v) -> Result<void> {
       HCB_TRY(o.work_limit, read_integer("work-limit", v, 1));
       return {};
     },
     [](const Options& o) {
       return only_if(o.work_limit.has_value(), std::to_string(o.work_limit.value_or(0)));
     }},
}};

}  // namespace

std::span<const OptionSpec> option_table() { return kTable; }

const OptionSpec* find_option(std::string_view name) {
  const auto at = std::ranges::find(kTable, name, &OptionSpec::name);
  return at == kTable.end() ? nullptr : &*at;
}

}  // namespace hcb
