// Field by field by reflection, in the order of their numbers, so that a list of messages can stand
// on lines of its own; protobuf's own printer and parser do the rest.
#include "ingest/hcb_json.h"

#include <vector>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include "base/log.h"
#include "base/text.h"
#include "ingest/hcb.h"
#include "ingest/hcb_file.h"
#include "ingest/hcb_verify.h"

namespace hcb {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
namespace json = google::protobuf::util;

Result<std::string> compact(const Message& message) {
  json::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = json::MessageToJsonString(message, &text, options);
  if (status.ok()) return text;
  return fail(ErrorKind::bad_input, printable(std::string(status.message())));
}

// `{"name":"x"}` of a message with this field alone, without its braces.
Result<std::string> alone(const v1::Graph& graph, const FieldDescriptor* field) {
  v1::Graph part = graph;
  std::vector<const FieldDescriptor*> set;
  part.GetReflection()->ListFields(part, &set);
  for (const FieldDescriptor* other : set) {
    if (other != field) part.GetReflection()->ClearField(&part, other);
  }
  HCB_TRY(const std::string text, compact(part));
  return text.substr(1, text.size() - 2);
}

Result<std::string> rows(const v1::Graph& graph, const FieldDescriptor* field) {
  const Reflection& reflection = *graph.GetReflection();
  std::string text = fmt::format("\"{}\":[", field->name());
  for (int i = 0; i < reflection.FieldSize(graph, field); ++i) {
    HCB_TRY(const std::string row, compact(reflection.GetRepeatedMessage(graph, field, i)));
    text += (i == 0 ? "\n" : ",\n") + row;
  }
  return text + "]";
}

bool has_rows(const FieldDescriptor* field) {
  return field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

Result<std::string> to_json(const v1::Graph& graph) {
  v1::Graph rest = graph;  // everything but the long lists, to be copied for each of its fields
  std::vector<const FieldDescriptor*> set;
  graph.GetReflection()->ListFields(graph, &set);
  for (const FieldDescriptor* field : set) {
    if (has_rows(field)) rest.GetReflection()->ClearField(&rest, field);
  }
  std::string text = "{";
  for (const FieldDescriptor* field : set) {
    HCB_TRY(const std::string part, has_rows(field) ? rows(graph, field) : alone(rest, field));
    text += (text.size() == 1 ? "\n" : ",\n") + part;
  }
  return text + "\n}\n";
}

// The parser's message goes over several lines, the first of which says it all.
std::string first_line(std::string text) { return printable(text.substr(0, text.find('\n'))); }

auto parse(std::string_view text, bool ignore_unknown, v1::Graph& graph) {
  const google::protobuf::LogSilencer silence;
  json::JsonParseOptions options;
  options.ignore_unknown_fields = ignore_unknown;
  return json::JsonStringToMessage({text.data(), text.size()}, &graph, options);
}

void warn_of_newer(const v1::Graph& graph, const std::string& name) {
  log_warning(
      fmt::format("{}: it has fields that this version does not know (hcb.v1 {}.{}, this "
                  "program knows {}.{}); they are left out",
                  name, graph.version().major(), graph.version().minor(), kHcbMajor, kHcbMinor));
}

// A key that no field has is a mistake, unless the file is of a newer version.
Result<v1::Graph> from_json(std::string_view text, const std::string& name) {
  v1::Graph graph;
  const auto status = parse(text, false, graph);
  if (status.ok()) return graph;
  v1::Graph known;
  if (parse(text, true, known).ok() && known.version().minor() > kHcbMinor) {
    warn_of_newer(known, name);
    return known;
  }
  return fail(ErrorKind::bad_input,
              fmt::format("no JSON of hcb.v1.Graph: {}", first_line(std::string(status.message()))),
              "its keys are the fields of proto/hcb/v1/graph.proto");
}

Result<std::string> read_and_print(std::string_view bytes, const std::string& name) {
  HCB_TRY(const internal::HcbFile file, internal::parse_hcb_file(bytes));
  const v1::Graph& graph = *file;
  HCB_TRY(const std::string text, to_json(graph));
  HCB_TRY(const v1::Graph again, from_json(text, name));
  if (again.SerializeAsString() != graph.SerializeAsString()) warn_of_newer(graph, name);
  return text;
}

Result<std::string> read_and_serialize(std::string_view text, const std::string& name) {
  HCB_TRY(const v1::Graph graph, from_json(text, name));
  HCB_CHECK(internal::verify_hcb(graph));
  return graph.SerializeAsString();
}

}  // namespace

Result<std::string> hcb_to_json(std::string_view bytes, const std::string& name) {
  auto text = read_and_print(bytes, name);
  if (!text) return std::unexpected(internal::in_file(name, std::move(text).error()));
  return text;
}

Result<std::string> hcb_from_json(std::string_view text, const std::string& name) {
  auto bytes = read_and_serialize(text, name);
  if (!bytes) return std::unexpected(internal::in_file(name, std::move(bytes).error()));
  return bytes;
}

}  // namespace hcb
