#include "published/instance.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "graph/builder.h"
#include "ops/aten_table.h"

namespace hcb::published {
namespace {

using Json = nlohmann::json;

ValueSpec value_spec(std::size_t i, const Json& buffer, Role role) {
  return {.name = fmt::format("b{}", i),
          .dtype = DType::u8,
          .shape = {buffer.at("bytes").get<std::int64_t>()},
          .role = role};
}

std::vector<ValueId> add_buffers(GraphBuilder& builder, const Json& file) {
  std::vector<ValueId> values;
  for (const Json& buffer : file.at("buffers")) {
    const bool resident = buffer.at("producer").get<std::int64_t>() < 0;
    const std::size_t i = values.size();
    values.push_back(resident ? builder.add_resident(value_spec(i, buffer, Role::parameter))
                              : builder.add_value(value_spec(i, buffer, Role::activation)));
    if (!resident && buffer.at("pinned").get<bool>()) builder.mark_output(values.back());
  }
  return values;
}

std::vector<ValueId> picked(const Json& indexes, const std::vector<ValueId>& values) {
  std::vector<ValueId> list;
  for (const Json& i : indexes) list.push_back(values.at(i.get<std::size_t>()));
  return list;
}

// "add_68" is an `add`.
bool is_pointwise(std::string name) {
  while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.pop_back();
  if (name.ends_with('_')) name.pop_back();
  const AtenRule* const rule = find_aten_op(name, "");
  return rule != nullptr && rule->pointwise;
}

std::int64_t time_of(const Json& op, std::int64_t launch, bool fused) {
  const auto time = op.at("time").get<std::int64_t>();
  return fused && is_pointwise(op.at("name").get<std::string>()) ? std::min(time, launch) : time;
}

std::int64_t least_time(const Json& file) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const Json& op : file.at("ops")) least = std::min(least, op.at("time").get<std::int64_t>());
  return least;
}

void add_ops(GraphBuilder& builder, const Json& file, const std::vector<ValueId>& values,
             bool fused) {
  const std::int64_t launch = least_time(file);
  const auto turn = file.at("first_backward_op").get<std::int64_t>();
  std::int64_t i = 0;
  for (const Json& op : file.at("ops")) {
    builder.add_node({.name = fmt::format("op{}", i),
                      .op = op.at("name").get<std::string>(),
                      .phase = turn >= 0 && i >= turn ? Phase::backward : Phase::forward,
                      .inputs = picked(op.at("inputs"), values),
                      .outputs = picked(op.at("outputs"), values),
                      .cost = {.time = time_of(op, launch, fused)}});
    ++i;
  }
}

std::optional<double> number(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

std::vector<Row> rows(const Json& file) {
  std::vector<Row> all;
  for (const Json& row : file.at("budgets")) {
    all.push_back({.budget = row.at("budget").get<Bytes>(),
                   .fraction = number(row, "fraction_of_peak"),
                   .reference = number(row, "extra_time_percent_reference"),
                   .bound = number(row, "proven_lower_bound_percent"),
                   .attained = number(row, "attained_percent")});
  }
  return all;
}

Result<Instance> from_json(const Json& file, bool fused) {
  GraphBuilder builder(Dialect::aten, file.at("name").get<std::string>());
  const std::vector<ValueId> values = add_buffers(builder, file);
  add_ops(builder, file, values, fused);
  HCB_TRY(Graph graph, std::move(builder).freeze());
  Instance instance{file.at("name").get<std::string>(), std::move(graph), rows(file)};
  instance.keep_order = !instance.name.starts_with("moccasin_");
  return instance;
}

}  // namespace

Result<Instance> read_instance(const std::string& path, bool fused) {
  std::ifstream stream(path);
  const Json file = Json::parse(stream, nullptr, false);
  if (file.is_discarded()) return fail(ErrorKind::bad_input, fmt::format("{}: no JSON", path));
  try {
    return from_json(file, fused);
  } catch (const Json::exception& e) {
    return fail(ErrorKind::bad_input, fmt::format("{}: {}", path, e.what()));
  } catch (const std::out_of_range&) {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: an op names a buffer that is not there", path));
  }
}

}  // namespace hcb::published
