#include "support/mutation.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "support/places.h"

namespace hcb::test {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

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
      return now == std::numeric_limits<std::int64_t>::min() ? now : now - 1;
    case 5:
      return now == std::numeric_limits<std::int64_t>::max() ? now : now + 1;
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

const FieldDescriptor* chosen(const std::vector<const FieldDescriptor*>& fields,
                              std::span<const std::string_view> often, Prng& prng) {
  for (const FieldDescriptor* field : fields) {
    if (std::ranges::find(often, field->name()) != often.end() && prng.chance(40)) return field;
  }
  return fields[prng.below(fields.size())];
}

}  // namespace

void spoil(Message& top, std::span<const std::string_view> often, Prng& prng) {
  Message* at = &top;
  while (true) {
    const auto& reflection = *at->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(*at, &fields);
    if (fields.empty()) return;
    const FieldDescriptor& field = *chosen(fields, often, prng);
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

std::vector<std::string> corpus(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(source_dir() + "/tests/fuzz/corpus/" + folder))
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

}  // namespace hcb::test
