#include "replay/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kLongestHeader = 100'000'000;  // as the format says

constexpr std::array<std::pair<std::string_view, DType>, 17> kNames{{
    {"F64", DType::f64},
    {"F32", DType::f32},
    {"F16", DType::f16},
    {"BF16", DType::bf16},
    {"F8_E4M3", DType::f8e4m3fn},
    {"F8_E5M2", DType::f8e5m2},
    {"F8_E8M0", DType::f8e8m0},
    {"I64", DType::i64},
    {"I32", DType::i32},
    {"I16", DType::i16},
    {"I8", DType::i8},
    {"U64", DType::u64},
    {"U32", DType::u32},
    {"U16", DType::u16},
    {"U8", DType::u8},
    {"BOOL", DType::boolean},
    {"C64", DType::c64},
}};

DType dtype_of(std::string_view name) {
  const auto* at = std::ranges::find(kNames, name, &std::pair<std::string_view, DType>::first);
  return at == kNames.end() ? DType::undefined : at->second;
}

std::string_view name_of(DType dtype) {
  const auto* at = std::ranges::find(kNames, dtype, &std::pair<std::string_view, DType>::second);
  return at == kNames.end() ? std::string_view{} : at->first;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

class HeaderReader {
 public:
  HeaderReader(const std::string& path, std::string_view data) : path_(path), data_(data) {}

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorKind::bad_input, fmt::format("{}: {}", path_, what));
  }

  [[nodiscard]] Result<StoredTensor> tensor(const std::string& name, const Json& entry) const {
    const auto bad = [&](std::string_view what) {
      return wrong(fmt::format("tensor '{}': {}", printable(name), what));
    };
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string())
      return bad("no dtype");
    const auto word = entry["dtype"].get<std::string>();
    StoredTensor tensor{.dtype = dtype_of(word), .shape = {}, .elements = {}};
    if (tensor.dtype == DType::undefined)
      return bad(fmt::format("element type '{}' is not known", printable(word)));
    if (!numbers(entry, "shape", tensor.shape)) return bad("no shape");
    std::vector<std::int64_t> offsets;
    if (!numbers(entry, "data_offsets", offsets) || offsets.size() != 2)
      return bad("no data_offsets");
    const auto begin = offsets[0];
    const auto end = offsets[1];
    if (begin > end || static_cast<std::uint64_t>(end) > data_.size()) {
      return bad(fmt::format("its data are bytes {} to {} of {}: the file is damaged or cut off",
                             begin, end, data_.size()));
    }
    const auto wanted = tensor_bytes(tensor.dtype, tensor.shape);
    if (wanted != end - begin) {
      return bad(fmt::format("{} bytes of data for {} of shape {}", end - begin, word,
                             shape_text(tensor.shape)));
    }
    tensor.elements = std::as_bytes(std::span(
        data_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin))));
    return tensor;
  }

 private:
  // Whole numbers >= 0.
  static bool numbers(const Json& entry, const char* key, std::vector<std::int64_t>& out) {
    if (!entry.contains(key) || !entry[key].is_array()) return false;
    for (const Json& item : entry[key]) {
      if (!item.is_number_integer() || item.get<std::int64_t>() < 0) return false;
      out.push_back(item.get<std::int64_t>());
    }
    return true;
  }

  const std::string& path_;
  std::string_view data_;
};

}  // namespace

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  HCB_TRY(ModelFile bytes, ModelFile::open(path));
  SafetensorsFile file(path, std::make_unique<ModelFile>(std::move(bytes)));
  HCB_CHECK(file.read());
  return file;
}

Result<void> SafetensorsFile::read() {
  const std::string_view bytes = file_->bytes();
  const HeaderReader none(path_, {});
  if (bytes.size() < kLengthBytes)
    return none.wrong(fmt::format("{} bytes are no safetensors file", bytes.size()));
  const std::uint64_t length = little_endian(bytes);
  if (length > kLongestHeader)
    return none.wrong("no safetensors file: it begins with no length of a header");
  if (length > bytes.size() - kLengthBytes) {
    return none.wrong(
        fmt::format("cut off: the header has {} bytes, the file {}", length, bytes.size()));
  }
  const Json header = Json::parse(bytes.substr(kLengthBytes, length), nullptr, false);
  if (!header.is_object()) return none.wrong("damaged: its header is no JSON object");
  const HeaderReader reader(path_, bytes.substr(kLengthBytes + length));
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) return none.wrong("damaged: its metadata is no JSON object");
      for (const auto& [key, value] : entry.items()) {
        if (value.is_string()) metadata_.emplace(key, value.get<std::string>());
      }
      continue;
    }
    HCB_TRY(StoredTensor tensor, reader.tensor(name, entry));
    tensors_.emplace(name, std::move(tensor));
  }
  return {};
}

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto at = tensors_.find(name);
  return at == tensors_.end() ? nullptr : &at->second;
}

std::string SafetensorsFile::metadata(std::string_view key) const {
  const auto at = metadata_.find(key);
  return at == metadata_.end() ? std::string() : at->second;
}

Result<std::string> safetensors_bytes(
    std::span<const TensorToStore> tensors,
    const std::vector<std::pair<std::string, std::string>>& metadata) {
  Json header = Json::object();
  for (const auto& [key, value] : metadata) header["__metadata__"][key] = value;
  std::size_t at = 0;
  for (const TensorToStore& tensor : tensors) {
    if (name_of(tensor.dtype).empty()) {
      return fail(ErrorKind::bad_input,
                  fmt::format("tensor '{}': safetensors has no element type for {}",
                              printable(tensor.name), name(tensor.dtype)));
    }
    header[tensor.name] = {{"dtype", name_of(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {at, at + tensor.elements.size()}}};
    at += tensor.elements.size();
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string out(kLengthBytes, '\0');
  for (std::size_t i = 0; i < kLengthBytes; ++i) out[i] = static_cast<char>(text.size() >> (8 * i));
  out += text;
  out.reserve(out.size() + at);
  for (const TensorToStore& tensor : tensors) {
    const auto* data = static_cast<const char*>(static_cast<const void*>(tensor.elements.data()));
    out.append(data, tensor.elements.size());
  }
  return out;
}

}  // namespace hcb
