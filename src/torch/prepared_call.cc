// One parameter of the schema after the other; its type decides how the argument is read. Types of
// elements, layouts and memory formats are integers to LibTorch.
#include "torch/prepared_call.h"

#include <algorithm>

#include <ATen/ScalarOps.h>

#include "torch/counting_allocator.h"
#include "torch/dtypes.h"

namespace hcb::internal {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

c10::Scalar scalar(const Number& number) {
  return std::visit(Overloaded{[](bool b) { return c10::Scalar(b); },
                               [](std::int64_t i) { return c10::Scalar(i); },
                               [](double d) { return c10::Scalar(d); },
                               [](std::complex<double> c) {
                                 return c10::Scalar(c10::complex<double>(c.real(), c.imag()));
                               }},
                    number);
}

std::optional<std::int64_t> integer(const Argument& argument) {
  const Number* const number = std::get_if<Number>(&argument.kind);
  if (number == nullptr) return std::nullopt;
  if (const auto* i = std::get_if<std::int64_t>(number)) return *i;
  if (const auto* b = std::get_if<bool>(number)) return *b ? 1 : 0;
  return std::nullopt;
}

// An integer given for a float becomes one.
std::optional<double> real(const Argument& argument) {
  const Number* const number = std::get_if<Number>(&argument.kind);
  if (number == nullptr) return std::nullopt;
  if (const auto* d = std::get_if<double>(number)) return *d;
  if (const auto i = integer(argument)) return static_cast<double>(*i);
  return std::nullopt;
}

std::optional<bool> boolean(const Argument& argument) {
  const auto i = integer(argument);
  return i ? std::optional(*i != 0) : std::nullopt;
}

std::optional<std::int64_t> layout(const std::string& name) {
  using c10::Layout;
  constexpr std::array<std::pair<const char*, Layout>, 6> known = {{
      {"strided", Layout::Strided},
      {"sparse_coo", Layout::Sparse},
      {"sparse_csr", Layout::SparseCsr},
      {"sparse_csc", Layout::SparseCsc},
      {"sparse_bsr", Layout::SparseBsr},
      {"jagged", Layout::Jagged},
  }};
  for (const auto& [text, value] : known)
    if (name == text) return static_cast<std::int64_t>(value);
  return std::nullopt;
}

std::optional<std::int64_t> memory_format(const std::string& name) {
  using c10::MemoryFormat;
  constexpr std::array<std::pair<const char*, MemoryFormat>, 4> known = {{
      {"contiguous_format", MemoryFormat::Contiguous},
      {"preserve_format", MemoryFormat::Preserve},
      {"channels_last", MemoryFormat::ChannelsLast},
      {"channels_last_3d", MemoryFormat::ChannelsLast3d},
  }};
  for (const auto& [text, value] : known)
    if (name == text) return static_cast<std::int64_t>(value);
  return std::nullopt;
}

// A tensor without dims that takes part in type promotion as a number does.
std::optional<c10::IValue> wrapped(const WrappedNumber& given) {
  const Unmetered unmetered;
  at::Tensor tensor = c10::scalar_to_tensor(scalar(given.number));
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return c10::IValue(std::move(tensor));
}

// Integers as LibTorch codes element types, layouts and memory formats.
std::optional<c10::IValue> code(const Argument& argument) {
  const auto value = std::visit(
      Overloaded{[](const DType& dtype) -> std::optional<std::int64_t> {
                   const auto type = scalar_type(dtype);
                   return type ? std::optional(static_cast<std::int64_t>(*type)) : std::nullopt;
                 },
                 [](const LayoutName& given) { return layout(given.name); },
                 [](const MemoryFormatName& given) { return memory_format(given.name); },
                 [&](const Number&) { return integer(argument); },
                 [](const auto&) -> std::optional<std::int64_t> { return std::nullopt; }},
      argument.kind);
  return value ? std::optional(c10::IValue(*value)) : std::nullopt;
}

template <class T, class Read>
std::optional<c10::IValue> list_of(const Argument& argument, int length, Read read) {
  c10::List<T> list;
  const auto* const given = std::get_if<ArgumentList>(&argument.kind);
  if (given == nullptr) {  // one number stands for as many as the schema wants
    const auto item = read(argument);
    if (!item) return std::nullopt;
    for (int i = 0; i < std::max(length, 1); ++i) list.push_back(*item);
    return c10::IValue(std::move(list));
  }
  for (const Argument& argument_item : given->items) {
    const auto item = read(argument_item);
    if (!item) return std::nullopt;
    list.push_back(*item);
  }
  return c10::IValue(std::move(list));
}

std::optional<c10::IValue> list(const c10::Type& element, const Argument& argument, int length) {
  switch (element.kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return list_of<std::int64_t>(argument, length, integer);
    case c10::TypeKind::FloatType:
      return list_of<double>(argument, length, real);
    case c10::TypeKind::BoolType:
      return list_of<bool>(argument, length, boolean);
    default:
      return std::nullopt;
  }
}

template <class T>
std::optional<c10::IValue> plain(const std::optional<T>& value) {
  return value ? std::optional(c10::IValue(*value)) : std::nullopt;
}

bool is_none(const Argument& argument) { return std::holds_alternative<NoArgument>(argument.kind); }

}  // namespace

class CallMaker {
 public:
  CallMaker(const c10::FunctionSchema& schema, const NodeCall& call, const DeviceMap& device)
      : schema_(schema), call_(call), device_(device) {}

  Result<PreparedCall> make() && {
    const auto& parameters = schema_.arguments();
    if (call_.arguments.size() > parameters.size())
      return fail(ErrorKind::bad_input, std::to_string(call_.arguments.size()) + " arguments for " +
                                            std::to_string(parameters.size()) + " parameters");
    HCB_CHECK(check_names());
    for (std::size_t p = 0; p < parameters.size(); ++p) HCB_CHECK(parameter(p));
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& name,
                                             const std::string& what) const {
    return fail(ErrorKind::bad_input, "argument '" + name + "': " + what);
  }

  [[nodiscard]] Result<void> check_names() const {
    for (const NamedArgument& given : call_.arguments) {
      if (given.name.empty() || schema_.argumentIndexWithName(given.name)) continue;
      return wrong(given.name, "the op has no such parameter here");
    }
    return {};
  }

  [[nodiscard]] const Argument* given(std::size_t p) const {
    if (p < call_.arguments.size() && call_.arguments[p].name.empty())
      return &call_.arguments[p].argument;
    for (const NamedArgument& argument : call_.arguments)
      if (argument.name == schema_.arguments()[p].name()) return &argument.argument;
    return nullptr;
  }

  Result<void> parameter(std::size_t p) {
    const c10::Argument& wanted = schema_.arguments()[p];
    const Argument* const argument = given(p);
    if (argument == nullptr) {
      if (!wanted.default_value()) return wrong(wanted.name(), "not given");
      out_.constant_.push_back(*wanted.default_value());
      return {};
    }
    auto value = convert(p, *wanted.type(), *argument);
    if (!value) return wrong(wanted.name(), "does not fit its type, " + wanted.type()->str());
    out_.constant_.push_back(*std::move(value));
    return {};
  }

  std::optional<c10::IValue> convert(std::size_t p, const c10::Type& type,
                                     const Argument& argument) {
    switch (type.kind()) {
      case c10::TypeKind::OptionalType:
        if (is_none(argument)) return c10::IValue();
        return convert(p, *type.castRaw<c10::OptionalType>()->getElementType(), argument);
      case c10::TypeKind::TensorType:
        return tensor(p, argument);
      case c10::TypeKind::ListType:
        return items(p, *type.castRaw<c10::ListType>()->getElementType(), argument);
      case c10::TypeKind::IntType:
      case c10::TypeKind::SymIntType:
        return code(argument);
      case c10::TypeKind::FloatType:
        return plain(real(argument));
      case c10::TypeKind::BoolType:
      case c10::TypeKind::SymBoolType:
        return plain(boolean(argument));
      case c10::TypeKind::NumberType: {
        const auto* const number = std::get_if<Number>(&argument.kind);
        return number ? std::optional(c10::IValue(scalar(*number))) : std::nullopt;
      }
      case c10::TypeKind::StringType: {
        const auto* const text = std::get_if<std::string>(&argument.kind);
        return text ? std::optional(c10::IValue(*text)) : std::nullopt;
      }
      case c10::TypeKind::DeviceObjType:
        return device(argument);
      default:
        return std::nullopt;
    }
  }

  std::optional<c10::IValue> tensor(std::size_t p, const Argument& argument) {
    if (const auto* const at = std::get_if<InputPosition>(&argument.kind)) {
      out_.tensor_.push_back({p, static_cast<int>(at->input)});
      return c10::IValue();
    }
    if (const auto* const number = std::get_if<WrappedNumber>(&argument.kind))
      return wrapped(*number);
    return is_none(argument) ? std::optional(c10::IValue(at::Tensor())) : std::nullopt;
  }

  std::optional<c10::IValue> items(std::size_t p, const c10::Type& element,
                                   const Argument& argument) {
    const bool optional = element.kind() == c10::TypeKind::OptionalType;
    const c10::Type& inner =
        optional ? *element.castRaw<c10::OptionalType>()->getElementType() : element;
    if (inner.kind() != c10::TypeKind::TensorType)
      return list(element, argument, schema_.arguments()[p].N().value_or(1));
    const auto* const given = std::get_if<ArgumentList>(&argument.kind);
    if (given == nullptr) return std::nullopt;
    PreparedCall::TensorsAt tensors{.parameter = p, .optional = optional, .inputs = {}};
    for (const Argument& item : given->items) {
      const auto* const at = std::get_if<InputPosition>(&item.kind);
      if (at == nullptr && !is_none(item)) return std::nullopt;
      tensors.inputs.push_back(at == nullptr ? kOmitted : static_cast<int>(at->input));
    }
    out_.tensors_.push_back(std::move(tensors));
    return c10::IValue();
  }

  [[nodiscard]] std::optional<c10::IValue> device(const Argument& argument) const {
    const auto* const given = std::get_if<DeviceName>(&argument.kind);
    if (given == nullptr) return std::nullopt;
    if (given->type == device_.from) return c10::IValue(device_.to);
    return c10::IValue(c10::Device(given->type));
  }

  const c10::FunctionSchema& schema_;
  const NodeCall& call_;
  const DeviceMap& device_;
  PreparedCall out_;
};

namespace {

at::Tensor tensor_at(std::span<const Handle* const> inputs, int input) {
  const Handle* const handle =
      input == kOmitted ? nullptr : inputs[static_cast<std::size_t>(input)];
  return handle == nullptr ? at::Tensor() : tensor_of(*handle);
}

}  // namespace

Result<PreparedCall> PreparedCall::make(const c10::FunctionSchema& schema, const NodeCall& call,
                                        const DeviceMap& device) {
  return CallMaker(schema, call, device).make();
}

void PreparedCall::push(std::span<const Handle* const> inputs, torch::jit::Stack& stack) const {
  stack.insert(stack.end(), constant_.begin(), constant_.end());
  for (const TensorAt& at : tensor_) stack[at.parameter] = tensor_at(inputs, at.input);
  for (const TensorsAt& at : tensors_) {
    if (at.optional) {
      c10::List<std::optional<at::Tensor>> list;
      list.reserve(at.inputs.size());
      for (const int input : at.inputs) {
        at::Tensor tensor = tensor_at(inputs, input);
        list.push_back(tensor.defined() ? std::optional(std::move(tensor)) : std::nullopt);
      }
      stack[at.parameter] = std::move(list);
    } else {
      c10::List<at::Tensor> list;
      list.reserve(at.inputs.size());
      for (const int input : at.inputs) list.push_back(tensor_at(inputs, input));
      stack[at.parameter] = std::move(list);
    }
  }
}

int PreparedCall::input_of(std::size_t p) const {
  const auto found = std::ranges::find(tensor_, p, &TensorAt::parameter);
  return found == tensor_.end() ? kOmitted : found->input;
}

}  // namespace hcb::internal
