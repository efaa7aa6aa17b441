// One pass over the nodes finds who reads which parameter, through views too: an update overwrites
// its parameter, so it stands behind all of them. FLOPs per element are those of PyTorch's formulas;
// a fused kernel without temporaries is assumed.
#include "ingest/training_optimizer.h"

#include <array>

#include <fmt/format.h>

namespace hcb::internal {
namespace {

struct Formula {
  std::string_view op;  // of the update node
  std::int64_t flops;   // per element
  std::size_t states;   // the first so many of kStates of the family
};

constexpr std::array<Formula, 5> kFormulas{{
    {"", 0, 0},
    {"SgdUpdate", 2, 0},       // p -= lr g
    {"MomentumUpdate", 4, 1},  // b = μ b + g; p -= lr b
    {"AdamUpdate", 13, 2},     // m, v: 3 and 4; √v / c + ε: 3; p -= α m / that: 3
    {"AdamWUpdate", 14, 2},    // and p *= 1 - lr λ
}};
constexpr std::array<std::string_view, 1> kMomentumStates{"momentum_buffer"};
constexpr std::array<std::string_view, 2> kAdamStates{"exp_avg", "exp_avg_sq"};

const Formula& formula_of(Optimizer optimizer) {
  return kFormulas[static_cast<std::size_t>(optimizer)];
}

std::span<const std::string_view> names_of(Optimizer optimizer) {
  const std::size_t states = formula_of(optimizer).states;
  return states == 1 ? std::span<const std::string_view>(kMomentumStates)
                     : std::span<const std::string_view>(kAdamStates).first(states);
}

Count bytes_of(std::span<const OptimizerState> states, std::span<const std::int64_t> shape) {
  Count total = 0;
  for (const OptimizerState& state : states) {
    total += OpTensor{.present = true, .dtype = state.dtype, .shape = shape}.bytes();
  }
  return total;
}

class UpdateEmitter {
 public:
  explicit UpdateEmitter(Emission& out) : out_(out), states_(out.model.values.size()) {}

  Result<void> run(const std::vector<ParameterGradient>& gradients) {
    find_readers();
    for (std::size_t v = 0; v < states_.size(); ++v) {
      if (out_.in.role[v] == Role::parameter) add_states(v);
    }
    for (const ParameterGradient& g : gradients) HCB_CHECK(add_update(g));
    return {};
  }

 private:
  void find_readers() {
    base_.resize(out_.builder.value_count(), kNone<ValueId>);
    readers_.resize(out_.builder.value_count(), {});
    for (const ValueId v : ids<ValueId>(base_.size())) {
      const ValueId viewed = out_.builder.value(v).view_of;
      base_[v] = viewed == kNone<ValueId> ? v : base_[viewed];
    }
    for (const NodeId n : ids<NodeId>(out_.builder.node_count())) {
      for (const ValueId x : out_.builder.node(n).inputs) {
        if (x == kNone<ValueId> || out_.builder.value(base_[x]).role != Role::parameter) continue;
        auto& readers = readers_[base_[x]];
        if (readers.empty() || readers.back() != n) readers.push_back(n);
      }
    }
  }

  void add_states(std::size_t v) {
    const ForwardValue& parameter = out_.model.values[v];
    const bool master = has_master(out_.options, parameter.dtype, parameter.stored);
    for (const OptimizerState& state :
         optimizer_states(out_.options.optimizer, parameter.dtype, master)) {
      ValueSpec spec = out_.spec_of(v);
      spec.name = out_.unused_value(fmt::format("{}.{}", spec.name, state.name));
      spec.dtype = state.dtype;
      spec.role = Role::optimizer_state;
      states_[v].push_back(out_.builder.add_resident(std::move(spec)));
    }
  }

  // Everything it writes takes over the storage of what it read.
  Result<void> add_update(const ParameterGradient& g) {
    const std::string& name = out_.model.values[g.value].name;
    const Formula& formula = formula_of(out_.options.optimizer);
    NodeSpec spec{.name = out_.unused_node("update/" + name),
                  .op = std::string(formula.op),
                  .phase = Phase::optimizer,
                  .inputs = {out_.value[g.value]},
                  .outputs = {},
                  .flags = {.effect = true, .never_replay = true},
                  .cost = {},
                  .module = {},
                  .attributes = {},
                  .donates = {}};
    spec.inputs.insert(spec.inputs.end(), states_[g.value].begin(), states_[g.value].end());
    for (std::size_t i = 0; i < spec.inputs.size(); ++i) add_output(spec, i);
    spec.inputs.push_back(g.gradient);
    const auto elements = element_count(out_.model.values[g.value].shape);
    const Count flops = elements ? formula.flops * Count(*elements) : Count::overflowed();
    const DType dtype = out_.builder.value(spec.inputs[spec.outputs.size() - 1]).dtype;
    HCB_TRY(spec.cost,
            out_.cost_of(spec, flops, out_.bytes_of(spec.inputs) + out_.bytes_of(spec.outputs), 0,
                         dtype, false));
    const NodeId update = out_.builder.add_node(std::move(spec));
    for (const NodeId n : readers_[out_.value[g.value]]) out_.builder.add_order_edge(n, update);
    return {};
  }

  void add_output(NodeSpec& spec, std::size_t i) {
    ValueSpec updated = out_.builder.value(spec.inputs[i]);
    updated.name = out_.unused_value(updated.name + ".updated");
    updated.role = Role::activation;
    spec.outputs.push_back(out_.builder.add_value(std::move(updated)));
    spec.donates.push_back({.output = i, .input = i});
    out_.builder.mark_output(spec.outputs.back());
  }

  Emission& out_;
  std::vector<std::vector<ValueId>> states_;        // by model value
  IdVector<ValueId, ValueId> base_;                 // itself, or what it is a view of
  IdVector<ValueId, std::vector<NodeId>> readers_;  // of parameters, through views too
};

}  // namespace

std::vector<OptimizerState> optimizer_states(Optimizer optimizer, DType dtype, bool master) {
  std::vector<OptimizerState> states;
  if (optimizer == Optimizer::none) return states;
  if (master) states.push_back({"master", DType::f32});
  for (const std::string_view state : names_of(optimizer))
    states.push_back({state, master ? DType::f32 : dtype});
  return states;
}

bool has_master(const Options& options, DType dtype, DType stored) {
  constexpr int kSingle = 32;
  return bits(dtype) < kSingle && (stored == DType::f32 || options.master_weights);
}

void OptimizerBytes::add(const Options& options, const OpTensor& parameter, DType stored) {
  const bool master = has_master(options, parameter.dtype, stored);
  counted +=
      bytes_of(optimizer_states(options.optimizer, parameter.dtype, master), parameter.shape);
  adamw += bytes_of(optimizer_states(Optimizer::adamw, parameter.dtype, master), parameter.shape);
}

Result<void> check_optimizer(const Options& options) {
  if (!options.master_weights || options.optimizer != Optimizer::none) return {};
  return fail(ErrorKind::usage, "--master-weights: the optimizer keeps them, and there is none",
              "add --optimizer adamw");
}

Result<void> emit_updates(Emission& out, const std::vector<ParameterGradient>& gradients) {
  return UpdateEmitter(out).run(gradients);
}

}  // namespace hcb::internal
