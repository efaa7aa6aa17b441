#include "ingest/hcb_attributes.h"

#include <algorithm>
#include <optional>
#include <string>

namespace hcb::internal {
namespace {

using Kind = v1::Argument::KindCase;

std::vector<std::int64_t> integers_in(const v1::Argument::List& list) {
  std::vector<std::int64_t> items;
  for (const v1::Argument& item : list.items()) {
    if (item.kind_case() == Kind::kInteger) items.push_back(item.integer());
  }
  return items;
}

AttributeValue list_value(const v1::Argument::List& list) {
  const Kind kind = list.items().empty() ? Kind::kInteger : list.items(0).kind_case();
  if (kind == Kind::kReal) {
    std::vector<double> reals;
    for (const v1::Argument& item : list.items()) reals.push_back(item.real());
    return reals;
  }
  if (kind == Kind::kRaw) {
    std::vector<std::string> texts;
    for (const v1::Argument& item : list.items()) texts.push_back(item.raw());
    return texts;
  }
  return integers_in(list);
}

std::optional<AttributeValue> value_of(const v1::Argument& argument) {
  switch (argument.kind_case()) {
    case Kind::kBoolean:
      return std::int64_t{argument.boolean()};
    case Kind::kInteger:
      return argument.integer();
    case Kind::kReal:
      return argument.real();
    case Kind::kText:
      return argument.text();
    case Kind::kRaw:
      return argument.raw();
    case Kind::kList:
      return list_value(argument.list());
    default:
      return std::nullopt;
  }
}

bool counts_for_costs(const v1::Argument& argument) {
  const Kind kind = argument.kind_case();
  return kind == Kind::kBoolean || kind == Kind::kInteger || kind == Kind::kList;
}

std::string name_of(const v1::NamedArgument& given, int position) {
  return given.name().empty() ? std::to_string(position) : given.name();
}

bool is_flat(const v1::Argument::List& list) {
  return std::ranges::all_of(list.items(), [](const v1::Argument& item) {
    return item.kind_case() != Kind::kList && item.kind_case() != Kind::kRecord;
  });
}

// Nested ones by their path. Nesting is as deep as protobuf lets a message be (100).
void flatten(const std::string& name, const v1::Argument& argument,
             std::vector<Attribute>& attributes) {
  if (argument.kind_case() == Kind::kRecord) {
    for (const v1::NamedArgument& item : argument.record().items())
      flatten(name + '.' + item.name(), item.argument(), attributes);
  } else if (argument.kind_case() == Kind::kList && !is_flat(argument.list())) {
    for (int i = 0; i < argument.list().items_size(); ++i)
      flatten(name + '.' + std::to_string(i), argument.list().items(i), attributes);
  } else if (auto value = value_of(argument)) {
    attributes.push_back({name, *std::move(value)});
  }
}

// Texts of a model are bytes, in no promised encoding.
void set(v1::Argument& argument, std::int64_t integer) { argument.set_integer(integer); }
void set(v1::Argument& argument, double real) { argument.set_real(real); }
void set(v1::Argument& argument, const std::string& text) { argument.set_raw(text); }
template <class T>
void set(v1::Argument& argument, const std::vector<T>& items) {
  v1::Argument::List& list = *argument.mutable_list();
  for (const T& item : items) set(*list.add_items(), item);
}

}  // namespace

std::vector<Attribute> cost_attributes_of(const v1::Node& node) {
  std::vector<Attribute> attributes;
  for (int i = 0; i < node.arguments_size(); ++i) {
    const v1::NamedArgument& given = node.arguments(i);
    const v1::Argument& argument = given.argument();
    if (!counts_for_costs(argument)) continue;
    if (argument.kind_case() == Kind::kList) {
      attributes.push_back({name_of(given, i), integers_in(argument.list())});
    } else {
      attributes.push_back({name_of(given, i), *value_of(argument)});
    }
  }
  return attributes;
}

std::vector<Attribute> jax_attributes_of(const v1::Node& node) {
  std::vector<Attribute> attributes;
  for (const v1::NamedArgument& given : node.arguments()) {
    if (!given.name().empty()) flatten(given.name(), given.argument(), attributes);
  }
  return attributes;
}

std::vector<Attribute> attributes_of(const v1::Node& node) {
  std::vector<Attribute> attributes;
  for (int i = 0; i < node.arguments_size(); ++i) {
    const v1::NamedArgument& given = node.arguments(i);
    if (auto value = value_of(given.argument()))
      attributes.push_back({name_of(given, i), *std::move(value)});
  }
  return attributes;
}

void add_attribute(v1::Node& node, const Attribute& attribute) {
  v1::NamedArgument& given = *node.add_arguments();
  given.set_name(attribute.name);
  std::visit([&](const auto& value) { set(*given.mutable_argument(), value); }, attribute.value);
}

}  // namespace hcb::internal
