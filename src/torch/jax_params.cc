#include "torch/jax_params.h"

#include <algorithm>
#include <stdexcept>

namespace hcb::internal {
namespace {

[[noreturn]] void refuse(std::string_view name, const char* what) {
  throw std::invalid_argument("parameter '" + std::string(name) + "': " + what);
}

std::optional<std::int64_t> whole(const Argument& argument) {
  const auto* const number = std::get_if<Number>(&argument.kind);
  if (number == nullptr) return std::nullopt;
  if (const auto* i = std::get_if<std::int64_t>(number)) return *i;
  if (const auto* b = std::get_if<bool>(number)) return *b ? 1 : 0;
  return std::nullopt;
}

const std::vector<Argument>& items(const Argument& argument, std::string_view name) {
  if (const auto* list = std::get_if<ArgumentList>(&argument.kind)) return list->items;
  refuse(name, "no list");
}

Ints integers_of(const Argument& argument, std::string_view name) {
  Ints out;
  for (const Argument& item : items(argument, name)) {
    const auto number = whole(item);
    if (!number) refuse(name, "no list of integers");
    out.push_back(*number);
  }
  return out;
}

}  // namespace

const Argument* JaxParams::find(std::string_view name) const {
  for (const NamedArgument& given : call_->arguments) {
    if (given.name == name && !std::holds_alternative<NoArgument>(given.argument.kind))
      return &given.argument;
  }
  return nullptr;
}

const Argument& JaxParams::get(std::string_view name) const {
  const Argument* const found = find(name);
  if (found == nullptr) refuse(name, "not given");
  return *found;
}

bool JaxParams::has(std::string_view name) const { return find(name) != nullptr; }

std::int64_t JaxParams::integer(std::string_view name) const {
  const auto number = whole(get(name));
  if (!number) refuse(name, "no integer");
  return *number;
}

std::int64_t JaxParams::integer(std::string_view name, std::int64_t otherwise) const {
  return has(name) ? integer(name) : otherwise;
}

bool JaxParams::flag(std::string_view name, bool otherwise) const {
  return integer(name, otherwise ? 1 : 0) != 0;
}

std::optional<double> JaxParams::real(std::string_view name) const {
  const Argument* const found = find(name);
  if (found == nullptr) return std::nullopt;
  if (const auto i = whole(*found)) return static_cast<double>(*i);
  const auto* const number = std::get_if<Number>(&found->kind);
  const auto* const real = number == nullptr ? nullptr : std::get_if<double>(number);
  if (real == nullptr) refuse(name, "no number");
  return *real;
}

std::string JaxParams::text(std::string_view name, std::string_view otherwise) const {
  const Argument* const found = find(name);
  if (found == nullptr) return std::string(otherwise);
  if (const auto* text = std::get_if<std::string>(&found->kind)) return *text;
  refuse(name, "no text");
}

DType JaxParams::dtype(std::string_view name) const {
  const Argument* const found = find(name);
  if (found == nullptr) return DType::undefined;
  if (const auto* dtype = std::get_if<DType>(&found->kind)) return *dtype;
  refuse(name, "no element type");
}

Ints JaxParams::integers(std::string_view name) const { return integers_of(get(name), name); }

Ints JaxParams::integers(std::string_view name, std::size_t count) const {
  Ints found = integers(name);
  if (found.size() != count) refuse(name, "not one number per dim");
  return found;
}

std::vector<Ints> JaxParams::rows(std::string_view name, std::size_t count,
                                  std::size_t width) const {
  std::vector<Ints> out;
  for (const Argument& row : items(get(name), name)) {
    out.push_back(integers_of(row, name));
    if (out.back().size() != width) refuse(name, "a row of another length");
  }
  if (out.size() != count) refuse(name, "not one row per dim");
  return out;
}

Ints JaxParams::field(std::string_view record, std::string_view name) const {
  const auto* const found = std::get_if<ArgumentRecord>(&get(record).kind);
  if (found == nullptr) refuse(record, "no record");
  const auto at = std::ranges::find(found->items, name, &NamedArgument::name);
  if (at == found->items.end()) refuse(record, "lacks a field");
  return integers_of(at->argument, record);
}

std::vector<Ints> JaxParams::nested(std::string_view name) const {
  std::vector<Ints> out;
  for (const Argument& group : items(get(name), name)) {
    for (const Argument& row : items(group, name)) out.push_back(integers_of(row, name));
  }
  return out;
}

}  // namespace hcb::internal
