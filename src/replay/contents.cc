#include "replay/contents.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "graph/implied.h"

namespace hcb {
namespace {

constexpr double kSmall = 0.1;          // deviation of vectors
constexpr std::int64_t kNoTable = 10;   // integers that index nothing are below this
constexpr std::size_t kMostNamed = 20;  // of the missing values

bool is_weight(Role role) { return role != Role::input; }

std::string quoted(std::string_view name) { return fmt::format("'{}'", printable(name)); }

std::string listed(const std::vector<std::string>& names) {
  std::vector<std::string> shown(
      names.begin(),
      names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMostNamed)));
  const std::size_t more = names.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

std::string kind_text(DType dtype, std::span<const std::int64_t> shape) {
  return fmt::format("{} {}", name(dtype), shape_text(shape));
}

// A view, or a copy of the same integers.
bool passes_on(const Graph& graph, NodeId n) {
  static const std::set<std::string_view> kCopies{
      "aten::clone", "aten::contiguous", "aten::_to_copy",      "aten::to",
      "aten::copy",  "select_n",         "convert_element_type"};
  return graph.flags(n).view || kCopies.contains(graph.op(n));
}

std::int64_t integer_argument(const Calls& calls, NodeId n, std::string_view wanted) {
  for (const NamedArgument& given : calls.nodes[n].arguments) {
    if (given.name != wanted) continue;
    const auto* number = std::get_if<Number>(&given.argument.kind);
    const auto* whole = number == nullptr ? nullptr : std::get_if<std::int64_t>(number);
    if (whole != nullptr) return *whole;
  }
  return 0;
}

// The least dim of a table that jax's gather or scatter indexes: those that its dimension numbers say
// the components of an index start in.
std::int64_t least_started(const Calls& calls, NodeId n, const std::vector<std::int64_t>& table) {
  std::int64_t least = table.empty() ? 1 : *std::ranges::max_element(table);
  for (const NamedArgument& given : calls.nodes[n].arguments) {
    const auto* numbers = std::get_if<ArgumentRecord>(&given.argument.kind);
    if (numbers == nullptr) continue;
    for (const NamedArgument& field : numbers->items) {
      const auto* dims = std::get_if<ArgumentList>(&field.argument.kind);
      const bool starts =
          field.name == "start_index_map" || field.name == "scatter_dims_to_operand_dims";
      if (dims == nullptr || !starts) continue;
      for (const Argument& dim : dims->items) {
        const auto* number = std::get_if<Number>(&dim.kind);
        const auto* axis = number == nullptr ? nullptr : std::get_if<std::int64_t>(number);
        if (axis != nullptr && *axis >= 0 && *axis < std::ssize(table))
          least = std::min(least, table[static_cast<std::size_t>(*axis)]);
      }
    }
  }
  return least;
}

// Size of what node n indexes by its argument `v`; nullopt: no index.
std::optional<std::int64_t> table_of(const Graph& graph, const Calls& calls, NodeId n, ValueId v) {
  const std::string_view op = graph.op(n);
  const auto inputs = graph.inputs(n);
  if (inputs.empty() || inputs[0] == kNone<ValueId> || inputs[0] == v) return std::nullopt;
  const auto& table = calls.values[inputs[0]].shape;
  const auto dim = [&](std::int64_t axis) {
    const auto rank = static_cast<std::int64_t>(table.size());
    axis = axis < 0 ? axis + rank : axis;
    return axis >= 0 && axis < rank ? table[static_cast<std::size_t>(axis)] : 1;
  };
  if (op == "gather" || op == "scatter" || op.starts_with("scatter-"))
    return inputs.size() > 1 && inputs[1] == v ? std::optional(least_started(calls, n, table))
                                               : std::nullopt;
  if (op == "aten::embedding" || op == "aten::embedding_bag") return dim(0);
  if (op.starts_with("aten::nll_loss")) return dim(table.size() > 1 ? 1 : 0);
  if (op == "aten::gather" || op == "aten::index_select" || op.starts_with("aten::scatter") ||
      op.starts_with("aten::index_add") || op.starts_with("aten::index_copy"))
    return dim(integer_argument(calls, n, "dim"));
  if (op == "aten::index" || op.starts_with("aten::index_put") || op == "aten::take")
    return table.empty() ? 1 : *std::ranges::min_element(table);
  return std::nullopt;
}

class Chooser {
 public:
  Chooser(const Graph& graph, const Calls& calls, const ContentFiles& files, std::uint64_t seed)
      : graph_(graph), calls_(calls), files_(files), seed_(seed) {}

  Result<std::vector<Content>> run() {
    std::vector<Content> contents;
    for (const ValueId v : graph_.values()) {
      if (graph_.producer(v) != kNone<NodeId>) continue;
      contents.push_back(content(v));
    }
    HCB_CHECK(complaints(files_.weights, missing_weights_, "--weights"));
    HCB_CHECK(complaints(files_.inputs, missing_inputs_, "--inputs"));
    if (wrong_.empty()) return contents;
    return fail(ErrorKind::bad_input, fmt::format("{}", fmt::join(wrong_, "; ")),
                "export the step and its files again, together");
  }

 private:
  Content content(ValueId v) {
    const bool weight = is_weight(graph_.role(v));
    const SafetensorsFile* const file = weight ? files_.weights : files_.inputs;
    if (const StoredTensor* stored = file ? file->find(graph_.name(v)) : nullptr) {
      compare(*file, v, *stored);
      return {.value = v, .origin = Origin::file, .elements = stored->elements, .fill = {}};
    }
    for (const ConstantData& constant : calls_.constants) {
      if (constant.value == v)
        return {.value = v,
                .origin = Origin::graph,
                .elements = std::as_bytes(std::span(constant.elements)),
                .fill = {}};
    }
    if (file != nullptr)
      (weight ? missing_weights_ : missing_inputs_).push_back(quoted(graph_.name(v)));
    return {.value = v, .origin = Origin::seed, .elements = {}, .fill = fill(v)};
  }

  void compare(const SafetensorsFile& file, ValueId v, const StoredTensor& stored) {
    const TensorSpec& spec = calls_.values[v];
    if (stored.dtype == spec.dtype && stored.shape == spec.shape) return;
    if (spec.dtype == DType::key && is_words_of(stored, spec.shape)) return;
    wrong_.push_back(fmt::format("{}: {} is {}, the graph wants {}", file.path(),
                                 quoted(graph_.name(v)), kind_text(stored.dtype, stored.shape),
                                 kind_text(spec.dtype, spec.shape)));
  }

  // A file has no keys; it has their two words.
  static bool is_words_of(const StoredTensor& stored, std::vector<std::int64_t> shape) {
    shape.push_back(2);
    return stored.dtype == DType::u32 && stored.shape == shape;
  }

  [[nodiscard]] Result<void> complaints(const SafetensorsFile* file,
                                        const std::vector<std::string>& missing,
                                        std::string_view option) const {
    if (missing.empty()) return {};
    return fail(ErrorKind::bad_input,
                fmt::format("{}: no contents for {}", file->path(), listed(missing)),
                fmt::format("export the step and its files again, together, or leave out {}: then "
                            "contents are made from a seed",
                            option));
  }

  [[nodiscard]] Fill fill(ValueId v) const {
    const TensorSpec& spec = calls_.values[v];
    const Role role = graph_.role(v);
    Fill fill{.kind = Fill::Kind::normal, .seed = seed_ + index(v) + 1};
    if (spec.dtype == DType::boolean) {
      fill.kind = Fill::Kind::ones;
    } else if (!is_floating(spec.dtype)) {
      fill.kind = role == Role::input ? Fill::Kind::below : Fill::Kind::zeros;
      fill.limit = std::max<std::int64_t>(1, table_limit(graph_, calls_, v).value_or(kNoTable));
    } else if (role == Role::buffer) {
      fill.kind = graph_.name(v).ends_with("var") ? Fill::Kind::ones : Fill::Kind::zeros;
    } else if (role == Role::optimizer_state) {
      fill.kind = Fill::Kind::zeros;
    } else if (role != Role::input) {
      fill.deviation = deviation(spec);
    }
    return fill;
  }

  // Matrices and kernels keep the size of what they are applied to.
  static double deviation(const TensorSpec& spec) {
    if (spec.shape.size() < 2) return kSmall;
    double fan_in = 1;
    for (std::size_t i = 1; i < spec.shape.size(); ++i)
      fan_in *= static_cast<double>(std::max<std::int64_t>(1, spec.shape[i]));
    return 1 / std::sqrt(fan_in);
  }

  const Graph& graph_;
  const Calls& calls_;
  const ContentFiles& files_;
  std::uint64_t seed_;
  std::vector<std::string> missing_weights_;
  std::vector<std::string> missing_inputs_;
  std::vector<std::string> wrong_;
};

Result<Handle> make_tensor(const Calls& calls, const Content& content, TorchMachine& machine) {
  const TensorSpec& spec = calls.values[content.value];
  if (content.origin == Origin::seed) return machine.make(spec, content.fill);
  return machine.make(spec, content.elements);
}

}  // namespace

std::optional<std::int64_t> table_limit(const Graph& graph, const Calls& calls, ValueId v) {
  std::optional<std::int64_t> least;
  std::vector<ValueId> waiting{v};
  std::set<ValueId> seen{v};
  while (!waiting.empty()) {
    const ValueId at = waiting.back();
    waiting.pop_back();
    for (const NodeId n : graph.consumers(at)) {
      if (const auto size = table_of(graph, calls, n, at))
        least = std::min(least.value_or(*size), *size);
      if (!passes_on(graph, n)) continue;
      for (const ValueId out : graph.outputs(n)) {
        if (seen.insert(out).second) waiting.push_back(out);
      }
    }
  }
  return least;
}

Result<std::vector<Content>> choose_contents(const Graph& graph, const Calls& calls,
                                             const ContentFiles& files, std::uint64_t seed) {
  return Chooser(graph, calls, files, seed).run();
}

Result<IdVector<ValueId, Handle>> make_residents(const Graph& graph, const Calls& calls,
                                                 const std::vector<Content>& contents,
                                                 TorchMachine& machine) {
  IdVector<ValueId, Handle> residents(graph.value_count());
  for (const Content& content : contents) {
    const ValueId v = content.value;
    const ValueId base = graph.base_value(graph.buffer(v));
    auto tensor = base == v ? make_tensor(calls, content, machine)
                            : machine.make_view(calls.values[v], residents[base]);
    if (!tensor) {
      Error error = std::move(tensor).error();
      error.message =
          fmt::format("{} {}: {}", name(graph.role(v)), quoted(graph.name(v)), error.message);
      return std::unexpected(std::move(error));
    }
    residents[v] = std::move(*tensor);
  }
  return residents;
}

std::vector<ValueId> written_residents(const Graph& graph, const Calls& calls) {
  std::set<ValueId> written;
  for (const BufferId b : graph.buffers()) {
    if (mutates_resident(graph, b)) written.insert(graph.base_value(graph.donor(b)));
  }
  for (const NodeId n : graph.nodes()) {
    for (const std::size_t position : calls.nodes[n].writes) {
      const ValueId v = graph.inputs(n)[position];
      if (v == kNone<ValueId> || !graph.resident(graph.buffer(v))) continue;
      written.insert(graph.base_value(graph.buffer(v)));
    }
  }
  return {written.begin(), written.end()};
}

}  // namespace hcb
