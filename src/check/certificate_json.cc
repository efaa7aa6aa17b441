// Certificates as canonical JSON, arrays of short rows: rows are [kind, at, node, buffer, value],
// rounded rows [divisor, [row, …], [kind, moment, id], …]
// (the key is left out where there are none), tree nodes ["split", most, [kind, moment, id], …], ["leaf", list, [depth, value], …] or
// ["empty", list, …]; -1 stands for no node and no buffer.
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "check/certificate.h"

namespace hcb {
namespace {

using nlohmann::json;
constexpr std::string_view kFormat = "hcb-bound";
constexpr std::string_view kVersion = "1.0";
constexpr std::string_view kVariableKinds[] = {"r", "t", "x", "y", "l"};

template <class Id>
std::int64_t id_or_minus_one(Id id) {
  return id == kNone<Id> ? -1 : static_cast<std::int64_t>(index(id));
}

// ---- writing

std::string list_text(const std::vector<Multiplier>& list) {
  std::string out = "[";
  for (const Multiplier& m : list) {
    out +=
        fmt::format("{}[{},{},{},{},{}]", out.size() > 1 ? "," : "", static_cast<int>(m.row.kind),
                    m.row.at, id_or_minus_one(m.row.node), id_or_minus_one(m.row.buffer), m.value);
  }
  return out + "]";
}

// With a comma in front of each.
std::string variables_text(const std::vector<VariableRef>& variables) {
  std::string out;
  for (const VariableRef& ref : variables)
    out += fmt::format(",[\"{}\",{},{}]", kVariableKinds[static_cast<std::size_t>(ref.kind)],
                       ref.at, ref.id);
  return out;
}

std::string rounded_text(const RoundedRow& row) {
  return fmt::format("[{},{}{}]", row.divisor, list_text(row.sum), variables_text(row.flipped));
}

std::string node_text(const ProofNode& node) {
  std::string out;
  if (!node.split.empty()) {
    out = fmt::format("[\"split\",{}{}", node.most, variables_text(node.split));
  } else {
    out = fmt::format("[\"{}\",{}", node.infeasible ? "empty" : "leaf", node.multipliers);
    for (const auto& [depth, value] : node.split_multipliers)
      out += fmt::format(",[{},{}]", depth, value);
  }
  return out + "]";
}

template <class Range, class Text>
std::string lines(const Range& items, Text&& text) {
  std::string out = "[";
  for (const auto& item : items) {
    out += out.size() > 1 ? ",\n    " : "\n    ";
    out += text(item);
  }
  return out + "]";
}

// ---- reading

struct Malformed {
  std::string what;
};

[[noreturn]] void malformed(std::string what) { throw Malformed{std::move(what)}; }

std::int64_t integer(const json& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() &&
       value.get<std::uint64_t>() >
           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())))
    malformed(fmt::format("{} is no integer in range", value.dump()));
  const auto number = value.get<std::int64_t>();
  if (number < least || number > most)
    malformed(fmt::format("{} is not between {} and {}", number, least, most));
  return number;
}

std::uint32_t small(const json& value) {
  return static_cast<std::uint32_t>(integer(value, 0, std::numeric_limits<std::int32_t>::max()));
}

template <class Id>
Id optional_id(const json& value) {
  const std::int64_t number = integer(value, -1, std::numeric_limits<std::int32_t>::max());
  return number < 0 ? kNone<Id> : id_at<Id>(static_cast<std::size_t>(number));
}

const json& array(const json& value, std::size_t least_size) {
  if (!value.is_array() || value.size() < least_size)
    malformed(fmt::format("{} is no list of {} or more", value.dump().substr(0, 40), least_size));
  return value;
}

Multiplier multiplier(const json& value) {
  if (array(value, 5).size() != 5) malformed("a multiplier has five numbers");
  const auto kind = integer(value[0], 0, static_cast<std::int64_t>(kRowKinds) - 1);
  return {{static_cast<RowKind>(kind), small(value[1]), optional_id<NodeId>(value[2]),
           optional_id<BufferId>(value[3])},
          integer(value[4], 0, std::numeric_limits<std::int64_t>::max())};
}

VariableRef variable(const json& value) {
  if (array(value, 3).size() != 3 || !value[0].is_string()) malformed("a variable has three parts");
  for (std::size_t k = 0; k < std::size(kVariableKinds); ++k) {
    if (value[0].get_ref<const std::string&>() == kVariableKinds[k])
      return {static_cast<VariableRef::Kind>(k), small(value[1]), small(value[2])};
  }
  malformed(fmt::format("no kind of variable: {}", value[0].dump()));
}

std::vector<Multiplier> multipliers(const json& value) {
  std::vector<Multiplier> out;
  for (const json& entry : array(value, 0)) out.push_back(multiplier(entry));
  return out;
}

RoundedRow rounded_row(const json& value) {
  array(value, 2);
  RoundedRow row{
      multipliers(value[1]), integer(value[0], 1, std::numeric_limits<std::int64_t>::max()), {}};
  for (std::size_t i = 2; i < value.size(); ++i) row.flipped.push_back(variable(value[i]));
  return row;
}

ProofNode proof_node(const json& value) {
  array(value, 2);
  if (!value[0].is_string()) malformed("a tree node begins with its kind");
  const auto& kind = value[0].get_ref<const std::string&>();
  ProofNode node;
  if (kind == "split") {
    array(value, 3);
    node.most = small(value[1]);
    for (std::size_t i = 2; i < value.size(); ++i) node.split.push_back(variable(value[i]));
    return node;
  }
  if (kind != "leaf" && kind != "empty") malformed(fmt::format("no kind of tree node: {}", kind));
  node.infeasible = kind == "empty";
  node.multipliers = small(value[1]);
  for (std::size_t i = 2; i < value.size(); ++i) {
    if (array(value[i], 2).size() != 2) malformed("a split's multiplier is [depth, value]");
    node.split_multipliers.emplace_back(
        small(value[i][0]), integer(value[i][1], 0, std::numeric_limits<std::int64_t>::max()));
  }
  return node;
}

Scope scope_named(const json& value) {
  if (value.is_string()) {
    if (const auto scope = hcb::scope_named(value.get_ref<const std::string&>())) return *scope;
  }
  malformed(fmt::format("no scope: {}", value.dump()));
}

void check_keys(const json& root) {
  static constexpr std::string_view kKeys[] = {"format",           "format_version", "scope",
                                               "budget_bytes",     "moments",        "instants",
                                               "denominator_log2", "pool",           "tree"};
  if (!root.is_object()) malformed("is no object");
  for (const auto key : kKeys) {
    if (!root.contains(key)) malformed(fmt::format("has no '{}'", key));
  }
  if (root.size() != std::size(kKeys) + (root.contains("rounded") ? 1 : 0))
    malformed("has unknown keys");
  if (root["format"] != kFormat) malformed(fmt::format("format is {}", root["format"].dump()));
  if (root["format_version"] != kVersion)
    malformed(fmt::format("format_version is {}, this program reads {}",
                          root["format_version"].dump(), kVersion));
}

Certificate parse(std::string_view text) {
  const json root = json::parse(text, nullptr, false);
  if (root.is_discarded()) malformed("is not JSON");
  check_keys(root);
  Certificate certificate;
  certificate.spec.scope = scope_named(root["scope"]);
  certificate.budget = integer(root["budget_bytes"], 0, std::numeric_limits<std::int64_t>::max());
  certificate.denominator_log2 =
      static_cast<std::uint32_t>(integer(root["denominator_log2"], 0, 62));
  for (const json& moment : array(root["moments"], 1))
    certificate.spec.moments.push_back(NodeId{small(moment)});
  for (const json& instant : array(root["instants"], 0))
    certificate.spec.instants.push_back({small(array(instant, 2)[0]), NodeId{small(instant[1])}});
  if (root.contains("rounded")) {
    for (const json& row : array(root["rounded"], 1))
      certificate.rounded.push_back(rounded_row(row));
  }
  for (const json& list : array(root["pool"], 0)) certificate.pool.push_back(multipliers(list));
  for (const json& node : array(root["tree"], 1)) certificate.tree.push_back(proof_node(node));
  return certificate;
}

}  // namespace

std::string to_json(const Certificate& certificate) {
  std::string moments;
  for (const NodeId v : certificate.spec.moments)
    moments += fmt::format("{}{}", moments.empty() ? "" : ",", index(v));
  std::string instants;
  for (const Instant& at : certificate.spec.instants)
    instants += fmt::format("{}[{},{}]", instants.empty() ? "" : ",", at.moment, index(at.node));
  std::string rounded;
  if (!certificate.rounded.empty())
    rounded = fmt::format("  \"rounded\": {},\n", lines(certificate.rounded, rounded_text));
  return fmt::format(
      "{{\n  \"format\": \"{}\",\n  \"format_version\": \"{}\",\n  \"scope\": \"{}\",\n"
      "  \"budget_bytes\": {},\n  \"moments\": [{}],\n  \"instants\": [{}],\n"
      "  \"denominator_log2\": {},\n{}  \"pool\": {},\n  \"tree\": {}\n}}\n",
      kFormat, kVersion, name(certificate.spec.scope), certificate.budget, moments, instants,
      certificate.denominator_log2, rounded, lines(certificate.pool, list_text),
      lines(certificate.tree, node_text));
}

Result<Certificate> certificate_from_json(std::string_view text) {
  try {
    return parse(text);
  } catch (const Malformed& problem) {
    return fail(ErrorKind::bad_input, "bound certificate: " + problem.what);
  }
}

}  // namespace hcb
