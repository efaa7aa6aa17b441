// A fuzz test that every build runs: a fixed number of files, each a corpus file with a few fields
// or bytes changed, the same ones every time; 15 s of CPU time under the sanitizers.
// tests/fuzz/fuzz_hcb.cc searches further, under clang.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "hcb/v1/graph.pb.h"
#include "ingest/hcb.h"
#include "ingest/hcb_calls.h"
#include "support/places.h"

namespace hcb::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kGood = 8;  // corpus files that are read
constexpr int kPerGood = 800;
constexpr int kPerFile = 250;

std::vector<std::string> seeds() {
  std::vector<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(source_dir() + "/tests/fuzz/corpus/hcb"))
    names.push_back(file.path().string());
  std::ranges::sort(names);
  std::vector<std::string> contents;
  for (const std::string& name : names) {
    std::ifstream in(name, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    contents.push_back(all.str());
  }
  return contents;
}

std::int64_t odd_number(Prng& prng, std::int64_t now) {
  switch (prng.below(8)) {
    case 0:
      return 0;
    case 1:
      return -1;
    case 2:
      return std::numeric_limits<std::int64_t>::max();
    case 3:
      return std::int64_t{1} << prng.below(63);
    case 4:
      return now - 1;
    case 5:
      return now + 1;
    default:
      return prng.between(0, 40);
  }
}

// One element of a field (index -1: the field is not repeated).
void spoil_scalar(Message& message, const FieldDescriptor& field, int index, Prng& prng) {
  const auto& reflection = *message.GetReflection();
  const auto change = [&](auto get, auto get_repeated, auto set, auto set_repeated) {
    const auto now = index < 0 ? (reflection.*get)(message, &field)
                               : (reflection.*get_repeated)(message, &field, index);
    const auto next = static_cast<decltype(now)>(odd_number(prng, static_cast<std::int64_t>(now)));
    if (index < 0) {
      (reflection.*set)(&message, &field, next);
    } else {
      (reflection.*set_repeated)(&message, &field, index, next);
    }
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return change(&R::GetInt64, &R::GetRepeatedInt64, &R::SetInt64, &R::SetRepeatedInt64);
    case FieldDescriptor::CPPTYPE_INT32:
      return change(&R::GetInt32, &R::GetRepeatedInt32, &R::SetInt32, &R::SetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_UINT32:
      return change(&R::GetUInt32, &R::GetRepeatedUInt32, &R::SetUInt32, &R::SetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_ENUM:
      return change(&R::GetEnumValue, &R::GetRepeatedEnumValue, &R::SetEnumValue,
                    &R::SetRepeatedEnumValue);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (index < 0) reflection.SetBool(&message, &field, !reflection.GetBool(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      if (index < 0) reflection.SetString(&message, &field, std::string(prng.below(9), '\x01'));
      return;
    default:
      return;
  }
}

void spoil_repeated(Message& message, const FieldDescriptor& field, Prng& prng) {
  const auto& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  const auto any = [&] { return static_cast<int>(prng.below(static_cast<std::size_t>(size))); };
  if (size == 0) return;
  const std::size_t choice = prng.below(3);
  if (choice == 0) {
    reflection.SwapElements(&message, &field, any(), any());
  } else if (choice == 1) {
    reflection.RemoveLast(&message, &field);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    Message& twin = *reflection.AddMessage(&message, &field);
    twin.CopyFrom(reflection.GetRepeatedMessage(message, &field, any()));
  } else {
    spoil_scalar(message, field, any(), prng);
  }
}

// Most of what can go wrong is said of nodes and values.
const FieldDescriptor* chosen(const std::vector<const FieldDescriptor*>& fields, Prng& prng) {
  for (const FieldDescriptor* field : fields) {
    if ((field->name() == "nodes" || field->name() == "values") && prng.chance(40)) return field;
  }
  return fields[prng.below(fields.size())];
}

// Walks down a random path and changes what is at its end.
void spoil(Message& top, Prng& prng) {
  Message* at = &top;
  while (true) {
    const auto& reflection = *at->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(*at, &fields);
    if (fields.empty()) return;
    const FieldDescriptor& field = *chosen(fields, prng);
    const bool nested = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated() && (!nested || prng.chance(15))) {
      return spoil_repeated(*at, field, prng);
    }
    if (!nested) return spoil_scalar(*at, field, -1, prng);
    if (!field.is_repeated()) {
      at = reflection.MutableMessage(at, &field);
    } else {
      const auto size = static_cast<std::size_t>(reflection.FieldSize(*at, &field));
      at = reflection.MutableRepeatedMessage(at, &field, static_cast<int>(prng.below(size)));
    }
  }
}

std::string with_other_fields(const std::string& bytes, Prng& prng) {
  v1::Graph graph;
  if (!graph.ParseFromString(bytes)) return bytes;
  for (std::size_t changes = 1 + prng.below(3); changes > 0; --changes) spoil(graph, prng);
  return graph.SerializeAsString();
}

std::string with_other_bytes(std::string bytes, Prng& prng) {
  for (std::size_t changes = 1 + prng.below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = prng.below(bytes.size());
    switch (prng.below(4)) {
      case 0:
        bytes[at] = static_cast<char>(prng.next());
        break;
      case 1:
        bytes.erase(at, 1 + prng.below(8));
        break;
      case 2:
        bytes.insert(at, bytes.substr(prng.below(bytes.size()), 1 + prng.below(64)));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

struct Counts {
  int read = 0;
  int refused = 0;
};

void read(const std::string& bytes, Counts& counts) {
  const auto step = parse_hcb(bytes, "mutated.hcb", {});
  if (!step) {
    ++counts.refused;
    CHECK(step.error().kind == ErrorKind::bad_input);
    CHECK(step.error().message.starts_with("mutated.hcb: "));
    return;
  }
  ++counts.read;
  (void)parse_hcb_calls(bytes, "mutated.hcb");
  const Graph& graph = step->training.graph;
  if (const auto size = rounded_sizes(graph, 512))
    (void)simulate(graph, plain_sequence(graph), *size);
}

TEST_CASE("hcb: changed fields are an error or a graph that runs") {
  Prng prng(1);
  Counts counts;
  int good = 0;
  for (const std::string& seed : seeds()) {
    if (!parse_hcb(seed, "seed", {})) continue;
    ++good;
    for (int i = 0; i < kPerGood; ++i) read(with_other_fields(seed, prng), counts);
  }
  CHECK(good == kGood);
  CHECK(counts.read > 100);
  CHECK(counts.refused > 500);
}

TEST_CASE("hcb: changed bytes are an error or a graph that runs") {
  Prng prng(2);
  Counts counts;
  for (const std::string& seed : seeds()) {
    for (int i = 0; i < kPerFile; ++i) read(with_other_bytes(seed, prng), counts);
  }
  CHECK(counts.read > 0);
  CHECK(counts.refused > 500);
}

TEST_CASE("hcb: a file is read in time that grows with its size, whatever it says") {
  constexpr std::uint32_t kMany = 60'000;
  v1::Graph graph;
  graph.mutable_version()->set_major(1);
  graph.set_dialect(v1::DIALECT_ATEN);
  graph.add_storages()->set_bytes(4);
  const auto value = [&](std::string name, v1::Role role) -> v1::Value& {
    v1::Value& added = *graph.add_values();
    added.set_name(std::move(name));
    added.set_dtype(v1::DTYPE_F32);
    added.set_role(role);
    return added;
  };
  value("state", v1::ROLE_BUFFER);
  // One call that reads the state so often, and gives as many views of it, all of them written.
  v1::Node& node = *graph.add_nodes();
  node.set_name("all");
  node.set_op("aten::all");
  node.set_phase(v1::PHASE_FORWARD);
  node.set_replay(v1::REPLAY_NEVER);
  node.add_effects(v1::EFFECT_STATE);
  node.add_effects(v1::EFFECT_MUTATION);
  for (std::uint32_t i = 0; i < kMany; ++i) {
    value("view" + std::to_string(i), v1::ROLE_ACTIVATION).set_view_of_plus_one(1);
    node.add_inputs_plus_one(1);
    node.add_outputs(i + 1);
    node.mutable_cost()->add_output_storage_bytes(4);
  }
  const auto step = parse_hcb(graph.SerializeAsString(), "long.hcb", {});
  REQUIRE_MESSAGE(step, (step ? std::string{} : step.error().message));
  CHECK(step->training.graph.value_count() == kMany + 1);
}

}  // namespace
}  // namespace hcb::test
