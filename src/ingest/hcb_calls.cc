// The k-th tensor among a node's arguments, depth first, is the k-th of its inputs that is not left
// out. Nesting is as deep as protobuf lets a message be (100).
#include "ingest/hcb_calls.h"

#include <fmt/format.h>

#include "base/text.h"
#include "ingest/hcb.h"
#include "ingest/hcb_emit.h"
#include "ingest/hcb_file.h"

namespace hcb {
namespace {

Result<Calls> calls_of(const v1::Graph& file);

class CallReader {
 public:
  explicit CallReader(const v1::Node& node) : node_(node) {}

  Result<NodeCall> read() && {
    NodeCall call{.overload = node_.overload(),
                  .arguments = {},
                  .writes = {node_.writes().begin(), node_.writes().end()}};
    for (const v1::NamedArgument& given : node_.arguments()) {
      name_ = given.name().empty() ? std::to_string(call.arguments.size()) : given.name();
      HCB_TRY(Argument argument, convert(given.argument()));
      call.arguments.push_back({given.name(), std::move(argument)});
    }
    for (const v1::ScanBody& in : node_.bodies()) {
      HCB_TRY(std::shared_ptr<const LoopBody> body, loop_body(in));
      call.bodies.push_back(std::move(body));
    }
    skip_omitted();
    if (next_ == node_.inputs_plus_one_size()) return call;
    return wrong(fmt::format("inputs_plus_one[{}]", next_), "no argument is this tensor");
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view field, std::string_view what) const {
    return fail(ErrorKind::bad_input,
                fmt::format("node '{}' ({}): field {}: {}", printable(node_.name()),
                            printable(node_.op()), field, what));
  }
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    return wrong(fmt::format("arguments '{}'", printable(name_)), what);
  }

  void skip_omitted() {
    while (next_ < node_.inputs_plus_one_size() && node_.inputs_plus_one(next_) == 0) ++next_;
  }

  Result<Argument> tensor(std::uint32_t value) {
    skip_omitted();
    if (next_ == node_.inputs_plus_one_size() || node_.inputs_plus_one(next_) != value + 1) {
      return wrong(fmt::format("tensor {} is not the next of the node's inputs_plus_one", value));
    }
    return Argument{InputPosition{static_cast<std::size_t>(next_++)}};
  }

  static std::optional<Number> number(const v1::Argument& in) {
    switch (in.kind_case()) {
      case v1::Argument::kBoolean:
        return Number(in.boolean());
      case v1::Argument::kInteger:
        return Number(std::int64_t{in.integer()});
      case v1::Argument::kReal:
        return Number(in.real());
      case v1::Argument::kComplex:
        return Number(std::complex<double>(in.complex().real(), in.complex().imaginary()));
      default:
        return std::nullopt;
    }
  }

  Result<DType> dtype(v1::DType in) const {
    if (v1::DType_IsValid(in)) return static_cast<DType>(in);
    return wrong(fmt::format("no element type {}", static_cast<int>(in)));
  }

  Result<Argument> wrapped(const v1::Argument::Wrapped& in) const {
    const auto inner = number(in.number());
    if (!inner) return wrong("a wrapped number that is no number");
    HCB_TRY(const DType type, dtype(in.dtype()));
    return Argument{WrappedNumber{*inner, type}};
  }

  Result<Argument> list(const v1::Argument::List& in) {
    ArgumentList out;
    for (const v1::Argument& item : in.items()) {
      HCB_TRY(Argument argument, convert(item));
      out.items.push_back(std::move(argument));
    }
    return Argument{std::move(out)};
  }

  Result<Argument> record(const v1::Argument::Record& in) {
    ArgumentRecord out;
    for (const v1::NamedArgument& item : in.items()) {
      HCB_TRY(Argument argument, convert(item.argument()));
      out.items.push_back({item.name(), std::move(argument)});
    }
    return Argument{std::move(out)};
  }

  Result<Argument> body(std::uint32_t position) const {
    if (position < static_cast<std::uint32_t>(node_.bodies_size()))
      return Argument{BodyPosition{position}};
    return wrong(fmt::format("body {} of {}", position, node_.bodies_size()));
  }

  // Nested as deep as protobuf lets a message be (100).
  static Result<std::shared_ptr<const LoopBody>> loop_body(const v1::ScanBody& in) {
    const v1::Graph& graph = in.graph();
    HCB_TRY(TrainingGraph training, internal::emit_hcb(graph, graph.name(), Options{}));
    HCB_TRY(Calls calls, calls_of(graph));
    LoopBody body{.graph = std::move(training.graph),
                  .calls = std::move(calls),
                  .inputs = {},
                  .outputs = {},
                  .consts = in.consts(),
                  .carries = in.carries(),
                  .xs = in.xs(),
                  .length = in.length(),
                  .reverse = in.reverse()};
    for (int v = 0; v < graph.values_size(); ++v) {
      if (graph.values(v).role() == v1::ROLE_INPUT)
        body.inputs.push_back(ValueId{static_cast<std::uint32_t>(v)});
    }
    for (const std::uint32_t v : graph.outputs()) body.outputs.push_back(ValueId{v});
    return std::make_shared<const LoopBody>(std::move(body));
  }

  Result<Argument> convert(const v1::Argument& in) {
    if (const auto plain = number(in)) return Argument{*plain};
    switch (in.kind_case()) {
      case v1::Argument::kValue:
        return tensor(in.value());
      case v1::Argument::kNone:
        return Argument{NoArgument{}};
      case v1::Argument::kText:
        return Argument{in.text()};
      case v1::Argument::kDtype: {
        HCB_TRY(const DType type, dtype(in.dtype()));
        return Argument{type};
      }
      case v1::Argument::kDevice:
        return Argument{DeviceName{in.device().type(), in.device().index()}};
      case v1::Argument::kLayout:
        return Argument{LayoutName{in.layout()}};
      case v1::Argument::kMemoryFormat:
        return Argument{MemoryFormatName{in.memory_format()}};
      case v1::Argument::kList:
        return list(in.list());
      case v1::Argument::kWrapped:
        return wrapped(in.wrapped());
      case v1::Argument::kRecord:
        return record(in.record());
      case v1::Argument::kBody:
        return body(in.body());
      default:
        return wrong("no op takes an argument of this kind");
    }
  }

  const v1::Node& node_;
  std::string name_;
  int next_ = 0;  // position in inputs_plus_one
};

TensorSpec spec_of(const v1::Graph& file, const v1::Value& value) {
  TensorSpec spec{.dtype = static_cast<DType>(value.dtype()),
                  .shape = {value.shape().begin(), value.shape().end()},
                  .strides = {value.strides().begin(), value.strides().end()},
                  .offset = value.storage_offset(),
                  .storage = file.storages(static_cast<int>(value.storage())).bytes()};
  if (spec.strides.empty()) spec.strides = row_major_strides(spec.shape);
  return spec;
}

ValueId id_before(std::uint32_t plus_one) {
  return plus_one == 0 ? kNone<ValueId> : ValueId{plus_one - 1};
}

Result<Calls> calls_of(const v1::Graph& file) {
  Calls calls{.torch_version = file.profile().torch_version(),
              .device = file.profile().device(),
              .nodes = {},
              .values = {},
              .constants = {},
              .loss = id_before(file.loss_plus_one()),
              .gradient_of = {}};
  for (const v1::Value& value : file.values()) {
    const ValueId id{static_cast<std::uint32_t>(calls.values.size())};
    calls.values.push_back(spec_of(file, value));
    calls.gradient_of.push_back(id_before(value.gradient_of_plus_one()));
    if (!value.data().empty()) calls.constants.push_back({id, value.data()});
  }
  for (const v1::Node& node : file.nodes()) {
    HCB_TRY(NodeCall call, CallReader(node).read());
    calls.nodes.push_back(std::move(call));
  }
  return calls;
}

Result<Calls> calls_of_step(const v1::Graph& file) {
  if (file.resolved()) {
    return fail(ErrorKind::bad_input,
                "field resolved: true: a graph for planning, which does not say how its nodes are "
                "called",
                "run the step that it was made from");
  }
  return calls_of(file);
}

}  // namespace

Result<Calls> HcbSource::calls() const {
  auto calls = calls_of_step(**file_);
  if (calls) return calls;
  return std::unexpected(internal::in_file(name_, std::move(calls).error()));
}

Result<Calls> parse_hcb_calls(std::string_view bytes, const std::string& name) {
  HCB_TRY(const HcbSource source, HcbSource::open(bytes, name));
  return source.calls();
}

}  // namespace hcb
