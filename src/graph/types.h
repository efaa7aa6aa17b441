// The vocabulary of a graph: element types, roles, phases, flags.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace hcb {

enum class Dialect : std::uint8_t { onnx, aten, jax };
[[nodiscard]] std::string_view name(Dialect dialect);

// Element types of all three dialects. Sub-byte types pack; a tensor is rounded up to whole bytes.
enum class DType : std::uint8_t {
  undefined,
  f64,
  f32,
  f16,
  bf16,
  f8e4m3fn,
  f8e4m3fnuz,
  f8e5m2,
  f8e5m2fnuz,
  f8e8m0,
  f4e2m1,
  i64,
  i32,
  i16,
  i8,
  i4,
  i2,
  u64,
  u32,
  u16,
  u8,
  u4,
  u2,
  boolean,
  c64,
  c128,
  string,
  key,
};

[[nodiscard]] std::string_view name(DType dtype);                       // "float32"
[[nodiscard]] std::optional<DType> dtype_named(std::string_view name);  // the inverse
[[nodiscard]] int bits(DType dtype);          // per element; 0: no fixed size
[[nodiscard]] bool is_floating(DType dtype);  // real or complex floating point

// shape × dtype in whole bytes; nullopt on overflow, a negative dim, or a dtype without size.
[[nodiscard]] std::optional<Bytes> tensor_bytes(DType dtype, std::span<const std::int64_t> shape);
// Product of the dims; nullopt on overflow or a negative dim.
[[nodiscard]] std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape);

// What a value is to the training step. Resident roles live through the whole step.
enum class Role : std::uint8_t {
  parameter,
  buffer,
  input,
  constant,
  optimizer_state,  // resident
  activation,
  stash,
  gradient,  // made by a node
};
[[nodiscard]] std::string_view name(Role role);
[[nodiscard]] constexpr bool is_resident(Role role) { return role <= Role::optimizer_state; }

enum class Phase : std::uint8_t { forward, backward, optimizer };
[[nodiscard]] std::string_view name(Phase phase);

struct NodeFlags {
  bool view = false;    // outputs share the storage of an input; costs nothing
  bool random = false;  // draws random numbers
  bool effect = false;  // first execution also writes state (running statistics, collective …)
  bool never_replay = false;  // may run once only
  bool default_rule = false;  // the op table has no entry: everything is read, cost by bytes
  friend bool operator==(const NodeFlags&, const NodeFlags&) = default;
};

// What one execution of a node costs. All >= 0.
struct Cost {
  std::int64_t flops = 0;
  Bytes bytes_moved = 0;  // read and written
  Bytes workspace = 0;    // held during the execution only
  Nanos time = 0;         // estimated or measured
  friend bool operator==(const Cost&, const Cost&) = default;
};

// One named argument of a node; the executor needs them, the planner does not.
using AttributeValue = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>,
                                    std::vector<double>, std::vector<std::string>>;
struct Attribute {
  std::string name;
  AttributeValue value;
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

}  // namespace hcb
