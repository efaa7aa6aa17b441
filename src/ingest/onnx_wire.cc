// One pass over the wire format, one rule per (message, field). A length is known only after its
// message has been filtered, so every kept message is written behind a five-byte (padded, legal)
// varint that is filled in afterwards. Recursion is bounded by kDeepestMessage. 2 GB of weights
// cost the few pages that hold tags and lengths.
#include "ingest/onnx_wire.h"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace hcb {
namespace {

enum class Kind : std::uint8_t {
  opaque,
  model,
  graph,
  node,
  attribute,
  tensor,
  sparse_tensor,
  function,
  dropped
};

// What the length-delimited field `field` of a message of kind `in` holds (numbers of onnx.proto).
Kind kind_of(Kind in, std::uint32_t field) {
  struct Rule {
    Kind in;
    std::uint32_t field;
    Kind kind;
  };
  static constexpr std::array kRules = std::to_array<Rule>({
      {Kind::model, 6, Kind::dropped},  // doc_string
      {Kind::model, 7, Kind::graph},
      {Kind::model, 14, Kind::dropped},  // metadata_props
      {Kind::model, 20, Kind::dropped},  // training_info
      {Kind::model, 25, Kind::function},
      {Kind::model, 26, Kind::dropped},  // configuration
      {Kind::graph, 1, Kind::node},
      {Kind::graph, 5, Kind::tensor},
      {Kind::graph, 10, Kind::dropped},  // doc_string
      {Kind::graph, 14, Kind::dropped},  // quantization_annotation
      {Kind::graph, 15, Kind::sparse_tensor},
      {Kind::graph, 16, Kind::dropped},  // metadata_props
      {Kind::node, 5, Kind::attribute},
      {Kind::node, 6, Kind::dropped},   // doc_string
      {Kind::node, 10, Kind::dropped},  // device_configurations
      {Kind::attribute, 5, Kind::tensor},
      {Kind::attribute, 6, Kind::graph},
      {Kind::attribute, 10, Kind::tensor},
      {Kind::attribute, 11, Kind::graph},
      {Kind::attribute, 13, Kind::dropped},  // doc_string
      {Kind::attribute, 22, Kind::sparse_tensor},
      {Kind::attribute, 23, Kind::sparse_tensor},
      {Kind::tensor, 12, Kind::dropped},  // doc_string
      {Kind::tensor, 13, Kind::dropped},  // external_data: files a model names are never opened
      {Kind::tensor, 16, Kind::dropped},  // metadata_props
      {Kind::sparse_tensor, 1, Kind::tensor},
      {Kind::sparse_tensor, 2, Kind::tensor},
      {Kind::function, 7, Kind::node},
      {Kind::function, 8, Kind::dropped},  // doc_string
      {Kind::function, 11, Kind::attribute},
      {Kind::function, 14, Kind::dropped},  // metadata_props
  });
  for (const Rule& rule : kRules) {
    if (rule.in == in && rule.field == field) return rule.kind;
  }
  return Kind::opaque;
}

// float_data, int32_data, string_data, int64_data, raw_data, double_data, uint64_data.
bool is_payload(std::uint32_t field) {
  return field == 4 || field == 5 || field == 6 || field == 7 || field == 9 || field == 10 ||
         field == 11;
}

constexpr std::uint32_t kNodeMetadata = 9;
constexpr std::uint32_t kTensorLocation = 14;
constexpr std::string_view kMarkedExternal{"\x70\x01", 2};  // data_location (14) = EXTERNAL
constexpr std::size_t kPaddedLength = 5;
constexpr std::size_t kMostOutput = std::size_t{2} << 30;

// One field: [begin, end) with its tag; the payload (without length prefix) is [payload, end).
struct Field {
  std::uint32_t number = 0;
  std::uint32_t wire_type = 0;
  std::size_t begin = 0;
  std::size_t payload = 0;
  std::size_t end = 0;
};

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kDelimited = 2;
constexpr std::uint32_t kFixed32 = 5;

class Filter {
 public:
  Filter(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Result<std::string> run() {
    HCB_CHECK(message(Kind::model, 0, bytes_.size(), 0));
    if (!known_field_) return not_onnx();
    if (!graph_) return fail(ErrorKind::bad_input, name_ + ": no graph in it: not an ONNX model");
    if (out_.size() > kMostOutput)
      return fail(ErrorKind::limit, name_ + ": more than 2 GiB without its weights");
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> not_onnx() const {
    return fail(ErrorKind::bad_input, name_ + ": not an ONNX model",
                "export one with torch.onnx.export(model, inputs, 'model.onnx')");
  }

  [[nodiscard]] std::unexpected<Error> damaged(std::size_t at, std::string_view what) const {
    if (!known_field_) return not_onnx();
    return fail(ErrorKind::bad_input, fmt::format("{}: damaged at byte {}: {}", name_, at, what));
  }

  // The field at `at` ends beyond `end`: the file stops early, or an inner length lies about its
  // message.
  [[nodiscard]] std::unexpected<Error> too_short(std::size_t at, std::uint64_t needed,
                                                 std::size_t end) const {
    if (!known_field_) return not_onnx();
    if (end < bytes_.size()) return damaged(at, "a field reaches beyond its message");
    const std::string missing =
        needed == 0 ? "is cut off" : fmt::format("needs {} bytes, {} are left", needed, end - at);
    return fail(ErrorKind::bad_input,
                fmt::format("{}: truncated: the field at byte {} {}", name_, at, missing),
                "copy or download the file again");
  }

  // A varint at `at` (moved behind it); nullopt when it does not end before `end` or within ten
  // bytes.
  std::optional<std::uint64_t> varint(std::size_t& at, std::size_t end) const {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70 && at < end; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[at++]);
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return std::nullopt;
  }

  // The field at `at`, whole within `end`.
  Result<Field> field(std::size_t at, std::size_t end) const {
    Field f{.begin = at};
    const std::optional<std::uint64_t> tag = varint(at, end);
    if (!tag) return too_short(f.begin, 0, end);
    if (*tag < 8 || (*tag >> 3) > 0x1FFFFFFF)
      return damaged(f.begin, "no protobuf field starts here");
    f.number = static_cast<std::uint32_t>(*tag >> 3);
    f.wire_type = static_cast<std::uint32_t>(*tag & 7);
    std::uint64_t length = 0;
    switch (f.wire_type) {
      case kVarint: {
        std::size_t after = at;
        if (!varint(after, end)) return too_short(f.begin, 0, end);
        length = after - at;
        break;
      }
      case kFixed64:
        length = 8;
        break;
      case kFixed32:
        length = 4;
        break;
      case kDelimited: {
        const std::optional<std::uint64_t> given = varint(at, end);
        if (!given) return too_short(f.begin, 0, end);
        length = *given;
        break;
      }
      default:
        return damaged(f.begin, fmt::format("wire type {} is not used by ONNX", f.wire_type));
    }
    if (length > end - at) return too_short(f.begin, length + (at - f.begin), end);
    f.payload = at;
    f.end = at + static_cast<std::size_t>(length);
    return f;
  }

  // Copies the message in [begin, end) without what planning does not read.
  Result<void> message(Kind kind, std::size_t begin, std::size_t end, int depth) {
    if (depth > kDeepestMessage) {
      return fail(ErrorKind::bad_input, fmt::format("{}: nested deeper than {} levels at byte {}",
                                                    name_, kDeepestMessage, begin));
    }
    bool drop_payload = false;
    if (kind == Kind::tensor) {
      HCB_TRY(drop_payload, is_heavy(begin, end));
    }
    for (std::size_t at = begin; at < end;) {
      HCB_TRY(const Field f, field(at, end));
      at = f.end;
      if (kind == Kind::model) note_model_field(f);
      if (drop_payload && (is_payload(f.number) || f.number == kTensorLocation)) continue;
      HCB_CHECK(one_field(kind, f, depth));
    }
    if (drop_payload) out_ += kMarkedExternal;
    return {};
  }

  Result<void> one_field(Kind kind, const Field& f, int depth) {
    const Kind inner = f.wire_type == kDelimited ? kind_of(kind, f.number) : Kind::opaque;
    if (inner == Kind::dropped) return {};
    if (kind == Kind::node && f.number == kNodeMetadata && !is_module_path(f)) return {};
    if (inner == Kind::opaque) {
      out_ += bytes_.substr(f.begin, f.end - f.begin);
      return {};
    }
    put_tag(f.number);
    const std::size_t length_at = out_.size();
    out_.append(kPaddedLength, '\0');
    HCB_CHECK(message(inner, f.payload, f.end, depth + 1));
    put_padded_length(length_at, out_.size() - length_at - kPaddedLength);
    return {};
  }

  // Has the tensor in [begin, end) more contents than are kept? Fields may come in pieces: their
  // sum counts.
  Result<bool> is_heavy(std::size_t begin, std::size_t end) const {
    std::size_t sum = 0;
    for (std::size_t at = begin; at < end;) {
      HCB_TRY(const Field f, field(at, end));
      at = f.end;
      if (is_payload(f.number)) sum += f.end - f.payload;
    }
    return sum > kKeptPayload;
  }

  // Is this metadata entry one that names the module a node came from?
  [[nodiscard]] bool is_module_path(const Field& f) const {
    const std::string_view entry = bytes_.substr(f.payload, f.end - f.payload);
    for (std::string_view key : {"pkg.torch.onnx.name_scopes", "namespace"}) {
      if (entry.size() >= key.size() + 2 && entry[0] == '\x0A' &&
          static_cast<std::size_t>(entry[1]) == key.size() && entry.substr(2, key.size()) == key) {
        return true;
      }
    }
    return false;
  }

  void note_model_field(const Field& f) {
    constexpr std::uint32_t kVersionsAndNames = 8;
    known_field_ |=
        f.number <= kVersionsAndNames || f.number == 14 || f.number == 20 || f.number == 25;
    graph_ |= f.number == 7 && f.wire_type == kDelimited;
  }

  void put_tag(std::uint32_t number) {
    std::uint32_t tag = number << 3 | kDelimited;
    for (; tag >= 0x80; tag >>= 7) out_.push_back(static_cast<char>(tag | 0x80U));
    out_.push_back(static_cast<char>(tag));
  }

  void put_padded_length(std::size_t at, std::size_t length) {
    for (std::size_t i = 0; i < kPaddedLength; ++i, length >>= 7) {
      out_[at + i] = static_cast<char>((length & 0x7FU) | (i + 1 < kPaddedLength ? 0x80U : 0U));
    }
  }

  std::string_view bytes_;
  const std::string& name_;
  std::string out_;
  bool known_field_ =
      false;  // a top-level field of ModelProto was seen: this is protobuf, likely ONNX
  bool graph_ = false;
};

}  // namespace

Result<std::string> strip_payloads(std::string_view bytes, const std::string& name) {
  return Filter(bytes, name).run();
}

}  // namespace hcb
