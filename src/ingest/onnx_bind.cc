// Three passes over the inputs: flags become bindings of symbols and overrides of single dims;
// every dim is then evaluated and what stays unknown is collected; numbers are written back. Shapes
// of inner values follow.
#include "ingest/onnx_bind.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include "base/text.h"
#include "ingest/onnx_dims.h"

namespace hcb {
namespace {

using Dim = onnx::TensorShapeProto_Dimension;

bool is_tensor_with_shape(const onnx::ValueInfoProto& info) {
  return info.type().value_case() == onnx::TypeProto::kTensorType &&
         info.type().tensor_type().has_shape();
}

bool is_named(const Dim& dim) { return dim.has_dim_param() && !dim.dim_param().empty(); }
bool is_fixed(const Dim& dim) { return dim.has_dim_value() && dim.dim_value() >= 0; }

// One model input while it is being bound.
struct Input {
  onnx::ValueInfoProto* info;
  std::string name;                                   // printable
  std::vector<std::optional<std::int64_t>> override;  // by --input-shape or --batch; one per dim

  [[nodiscard]] const Dim& dim(std::size_t i) const {
    return info->type().tensor_type().shape().dim(static_cast<int>(i));
  }
  [[nodiscard]] std::size_t rank() const { return override.size(); }
};

class Binder {
 public:
  Binder(onnx::ModelProto& model, const std::string& name, const Options& options)
      : graph_(*model.mutable_graph()), name_(name), options_(options) {}

  Result<ShapeBinding> run() {
    HCB_CHECK(collect_inputs());
    collect_symbols();
    HCB_CHECK(apply_dims());
    HCB_CHECK(apply_input_shapes());
    HCB_CHECK(apply_batch());
    HCB_CHECK(report_missing());
    HCB_CHECK(write_inputs());
    bind_inner_values();
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(ErrorKind kind, std::string message,
                                             std::string help = {}) const {
    return fail(kind, name_ + ": " + std::move(message), std::move(help));
  }

  // Inputs proper: what the graph lists less its initialisers. The list is trimmed in the model
  // too.
  Result<void> collect_inputs() {
    std::set<std::string> initializers;
    for (const auto& tensor : graph_.initializer()) initializers.insert(tensor.name());
    for (const auto& tensor : graph_.sparse_initializer())
      initializers.insert(tensor.values().name());
    auto& listed = *graph_.mutable_input();
    const auto keep = std::stable_partition(
        listed.pointer_begin(), listed.pointer_end(),
        [&](const auto* info) { return !initializers.contains(info->name()); });
    listed.DeleteSubrange(static_cast<int>(keep - listed.pointer_begin()),
                          static_cast<int>(listed.pointer_end() - keep));
    for (auto& info : listed) HCB_CHECK(add_input(info));
    return {};
  }

  Result<void> add_input(onnx::ValueInfoProto& info) {
    Input input{&info, printable(info.name()), {}};
    if (info.type().value_case() != onnx::TypeProto::kTensorType) {
      return wrong(ErrorKind::bad_input, fmt::format("input '{}' is not a tensor", input.name),
                   "inputs of sequence, map or optional type are not planned");
    }
    if (is_tensor_with_shape(info)) {
      input.override.resize(static_cast<std::size_t>(info.type().tensor_type().shape().dim_size()));
    }
    inputs_.push_back(std::move(input));
    return {};
  }

  // Every name a --dim may bind, in order of appearance.
  void collect_symbols() {
    const auto add = [&](const onnx::ValueInfoProto& info) {
      if (!is_tensor_with_shape(info)) return;
      for (const Dim& dim : info.type().tensor_type().shape().dim()) {
        if (!is_named(dim)) continue;
        add_symbol(dim.dim_param());
        const DimExpression expression = DimExpression::parse(dim.dim_param());
        for (const std::string& symbol : expression.symbols()) add_symbol(symbol);
      }
    };
    for (const Input& input : inputs_) add(*input.info);
    for (const auto& info : graph_.output()) add(info);
    for (const auto& info : graph_.value_info()) add(info);
  }

  void add_symbol(const std::string& symbol) {
    if (known_symbols_.insert(symbol).second) symbols_.push_back(symbol);
  }

  // symbol = size, asked for by `flag`. Error: another flag said otherwise.
  Result<void> bind(const std::string& symbol, std::int64_t size, const std::string& flag) {
    const auto [at, fresh] = binding_.try_emplace(symbol, size);
    if (fresh) origin_[symbol] = flag;
    if (at->second == size) return {};
    return wrong(ErrorKind::usage,
                 fmt::format("dim '{}' is {} by {} and {} by {}", printable(symbol), at->second,
                             origin_[symbol], size, flag));
  }

  Result<void> apply_dims() {
    for (const auto& [symbol, size] : options_.dims) {
      if (!known_symbols_.contains(symbol)) return no_such_dim(symbol);
      HCB_CHECK(bind(symbol, size, fmt::format("--dim {}={}", printable(symbol), size)));
    }
    return {};
  }

  [[nodiscard]] std::unexpected<Error> no_such_dim(const std::string& symbol) const {
    if (symbols_.empty()) {
      return wrong(ErrorKind::usage,
                   fmt::format("--dim {}: the model has no symbolic dims", symbol),
                   "fixed dims are changed with --input-shape or --batch");
    }
    return wrong(
        ErrorKind::usage,
        fmt::format("no symbolic dim '{}'{}", symbol, did_you_mean(symbol, symbols_)),
        "the model's symbolic dims: " + printable(fmt::format("{}", fmt::join(symbols_, ", "))));
  }

  Result<void> apply_input_shapes() {
    for (const auto& [input_name, shape] : options_.input_shapes) {
      const auto input =
          std::ranges::find(inputs_, input_name, [](const Input& i) { return i.info->name(); });
      if (input == inputs_.end()) return no_such_input(input_name);
      if (!is_tensor_with_shape(*input->info)) {
        for (std::size_t i = 0; i < shape.size(); ++i) {
          input->info->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
        }
        input->override.resize(shape.size());
      }
      const std::string flag =
          fmt::format("--input-shape {}={}", input->name, fmt::join(shape, "x"));
      if (shape.size() != input->rank()) {
        return wrong(ErrorKind::usage,
                     fmt::format("{}: input '{}' has {} dims ({}), not {}", flag, input->name,
                                 input->rank(), declared(*input), shape.size()));
      }
      for (std::size_t i = 0; i < shape.size(); ++i)
        HCB_CHECK(override_dim(*input, i, shape[i], flag));
    }
    return {};
  }

  [[nodiscard]] std::unexpected<Error> no_such_input(const std::string& wanted) const {
    std::vector<std::string> names;
    for (const Input& input : inputs_) names.push_back(input.name);
    return wrong(ErrorKind::usage,
                 fmt::format("no input '{}'{}", wanted, did_you_mean(wanted, names)),
                 fmt::format("the model's inputs: {}", fmt::join(names, ", ")));
  }

  // Shape as the file declares it: "batchx3xHxW", unknown dims as '?'.
  [[nodiscard]] static std::string declared(const Input& input) {
    std::vector<std::string> dims;
    for (std::size_t i = 0; i < input.rank(); ++i) {
      const Dim& dim = input.dim(i);
      dims.push_back(is_named(dim)   ? printable(dim.dim_param())
                     : is_fixed(dim) ? std::to_string(dim.dim_value())
                                     : "?");
    }
    return dims.empty() ? "scalar" : fmt::format("{}", fmt::join(dims, "x"));
  }

  Result<void> override_dim(Input& input, std::size_t i, std::int64_t size,
                            const std::string& flag) {
    if (input.override[i].value_or(size) != size) {
      return wrong(ErrorKind::usage,
                   fmt::format("dim {} of input '{}' is {} by another flag and {} by {}", i,
                               input.name, *input.override[i], size, flag));
    }
    input.override[i] = size;
    const Dim& dim = input.dim(i);
    if (is_fixed(dim)) result_.fixed_dims_changed |= dim.dim_value() != size;
    if (!is_named(dim)) return {};
    const DimExpression expression = DimExpression::parse(dim.dim_param());
    return expression.is_symbol() ? bind(expression.symbols()[0], size, flag) : Result<void>{};
  }

  Result<void> apply_batch() {
    if (!options_.batch) return {};
    const std::string flag = fmt::format("--batch {}", *options_.batch);
    for (Input& input : inputs_) {
      if (input.rank() > 0) HCB_CHECK(override_dim(input, 0, *options_.batch, flag));
    }
    return {};
  }

  // The size of dim i of an input, if known.
  [[nodiscard]] std::optional<std::int64_t> size_of(const Input& input, std::size_t i) const {
    if (input.override[i]) return input.override[i];
    const Dim& dim = input.dim(i);
    if (is_named(dim)) return DimExpression::parse(dim.dim_param()).evaluate(binding_);
    return is_fixed(dim) ? std::optional(dim.dim_value()) : std::nullopt;
  }

  // All dims without a size at once: named ones by symbol with their users, nameless ones by input.
  Result<void> report_missing() {
    std::vector<std::string> missing;
    std::map<std::string, std::vector<std::string>> users;
    std::vector<std::string> problems;
    std::vector<std::string> flags;
    std::vector<const Input*> nameless;
    for (const Input& input : inputs_) {
      if (!is_tensor_with_shape(*input.info)) nameless.push_back(&input);
      for (std::size_t i = 0; i < input.rank(); ++i) {
        if (size_of(input, i)) continue;
        const Dim& dim = input.dim(i);
        if (!is_named(dim)) {
          if (nameless.empty() || nameless.back() != &input) nameless.push_back(&input);
          continue;
        }
        const DimExpression expression = DimExpression::parse(dim.dim_param());
        bool unbound = false;
        for (const std::string& symbol : expression.symbols()) {
          if (binding_.contains(symbol)) continue;
          unbound = true;
          auto& of_symbol = users[symbol];
          if (of_symbol.empty()) missing.push_back(symbol);
          if (of_symbol.empty() || of_symbol.back() != input.name) of_symbol.push_back(input.name);
        }
        if (!unbound) return no_size(input, i);
      }
    }
    for (const std::string& symbol : missing) {
      problems.push_back(
          fmt::format("'{}' (used by {})", printable(symbol), fmt::join(users[symbol], ", ")));
      const bool quote =
          symbol.find_first_not_of(
              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:") !=
          std::string::npos;
      flags.push_back(quote ? fmt::format("--dim '{}=N'", printable(symbol))
                            : fmt::format("--dim {}=N", symbol));
    }
    for (const Input* input : nameless) {
      problems.push_back(
          fmt::format("unnamed dims of input '{}' ({})", input->name, shape_or_unknown(*input)));
      flags.push_back(fmt::format("--input-shape {}={}", input->name, shape_to_paste(*input)));
    }
    if (problems.empty()) return {};
    return wrong(ErrorKind::bad_input,
                 fmt::format("dims without a size: {}", fmt::join(problems, ", ")),
                 fmt::format("add {}", fmt::join(flags, " ")));
  }

  [[nodiscard]] std::unexpected<Error> no_size(const Input& input, std::size_t i) const {
    return wrong(ErrorKind::bad_input,
                 fmt::format("dim {} of input '{}', {}, has no size under the given dims", i,
                             input.name, printable(input.dim(i).dim_param())));
  }

  [[nodiscard]] static std::string shape_or_unknown(const Input& input) {
    return is_tensor_with_shape(*input.info) ? declared(input) : "rank unknown";
  }

  [[nodiscard]] std::string shape_to_paste(const Input& input) const {
    if (!is_tensor_with_shape(*input.info)) return "NxN";
    std::vector<std::string> dims;
    for (std::size_t i = 0; i < input.rank(); ++i) {
      const auto size = size_of(input, i);
      dims.push_back(size ? std::to_string(*size) : "N");
    }
    return fmt::format("{}", fmt::join(dims, "x"));
  }

  Result<void> write_inputs() {
    for (Input& input : inputs_) {
      for (std::size_t i = 0; i < input.rank(); ++i) {
        const std::int64_t size = size_of(input, i).value_or(0);
        if (is_named(input.dim(i))) HCB_CHECK(check_expression(input, i, size));
      }
    }
    for (const std::string& symbol : symbols_) {
      if (const auto bound = binding_.find(symbol); bound != binding_.end())
        result_.dims.emplace_back(*bound);
    }
    for (Input& input : inputs_) {
      for (std::size_t i = 0; i < input.rank(); ++i) {
        const std::int64_t size = size_of(input, i).value_or(0);
        input.info->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(static_cast<int>(i))
            ->set_dim_value(size);
      }
    }
    return {};
  }

  // An overridden dim that is an expression over bound names must agree with it.
  Result<void> check_expression(const Input& input, std::size_t i, std::int64_t size) const {
    const auto computed = DimExpression::parse(input.dim(i).dim_param()).evaluate(binding_);
    if (!computed || *computed == size) return {};
    return wrong(
        ErrorKind::usage,
        fmt::format("dim {} of input '{}', {}, is {} under the given dims but {} by its flag", i,
                    input.name, printable(input.dim(i).dim_param()), *computed, size));
  }

  // Exporter-written shapes that are numbers under the binding stay; the rest is left to inference.
  void bind_inner_values() {
    const auto settle = [&](onnx::ValueInfoProto& info) {
      if (!is_tensor_with_shape(info)) return;
      auto& shape = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
      for (Dim& dim : *shape.mutable_dim()) {
        if (is_named(dim)) {
          const auto size = DimExpression::parse(dim.dim_param()).evaluate(binding_);
          if (size) dim.set_dim_value(*size);
        }
        if (result_.fixed_dims_changed || !is_fixed(dim)) {
          info.mutable_type()->mutable_tensor_type()->clear_shape();
          return;
        }
      }
    };
    for (auto& info : *graph_.mutable_value_info()) settle(info);
    for (auto& info : *graph_.mutable_output()) settle(info);
  }

  onnx::GraphProto& graph_;
  const std::string& name_;
  const Options& options_;
  std::vector<Input> inputs_;
  std::set<std::string> known_symbols_;
  std::vector<std::string> symbols_;
  DimBinding binding_;
  std::map<std::string, std::string> origin_;  // the flag that bound a symbol
  ShapeBinding result_;
};

}  // namespace

Result<ShapeBinding> bind_shapes(onnx::ModelProto& model, const std::string& name,
                                 const Options& options) {
  return Binder(model, name, options).run();
}

}  // namespace hcb
