// What an op means to the planner, as one row of a table.
//
// A row says, for one op type in a range of opsets: which inputs can have a gradient, what the
// backward reads for the gradients that are wanted, what extra values (stash) the forward must make
// for it, which results share storage, which inputs are weights, and what it costs. Rows hold plain
// data and small functions of the shapes; they know nothing of a graph:
//
//     MatMul   gradients {A, B}    saves B if dA is wanted, A if dB is wanted     2·|Y|·K FLOPs
//     Relu     gradients {X}       saves Y                                        |Y| FLOPs
//     Reshape  gradients {X}       saves nothing, Y views X, dX views dY          0
//
// The same row serves backward synthesis, costs and the executor.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/types.h"
#include "ops/count.h"

namespace hcb {

// A set of argument positions: some of the first 32, and all from `rest` on (variadic ops).
struct Positions {
  std::uint32_t mask = 0;
  std::uint32_t rest = std::numeric_limits<std::uint32_t>::max();

  [[nodiscard]] constexpr bool contains(std::size_t i) const {
    return (i < 32 && ((mask >> i) & 1U) != 0) || i >= rest;
  }
};

inline constexpr Positions kNoPosition{};
inline constexpr Positions kEveryPosition{.rest = 0};

// positions(0, 2) is {0, 2}.
template <class... Index>
[[nodiscard]] constexpr Positions positions(Index... i) {
  return {.mask = ((1U << i) | ... | 0U)};
}

// One argument as a row sees it.
struct OpTensor {
  bool present = false;  // false: an omitted optional argument
  DType dtype = DType::undefined;
  std::span<const std::int64_t> shape = {};
  bool constant = false;                                // a parameter or constant, or a view of one
  const std::vector<std::int64_t>* integers = nullptr;  // contents, where known and integral

  [[nodiscard]] Count elements() const;
  [[nodiscard]] Count bytes() const;
  [[nodiscard]] std::int64_t dim(
      std::int64_t axis) const;  // negative counts from the end; 1 outside
};

// Bytes of those that are present.
[[nodiscard]] Count total_bytes(std::span<const OpTensor> tensors);

// What the bodies of an If, Loop or Scan cost, all their runs together.
struct BodyCost {
  Count flops;
  Count bytes;      // moved
  Count workspace;  // the most alive at once inside
  Count kept;       // held while the backward runs them again
};

// One node as a row sees it.
struct OpCall {
  std::int64_t opset = 0;
  std::vector<OpTensor> inputs = {};
  std::vector<OpTensor> outputs = {};
  std::span<const Attribute> attributes = {};
  bool training = false;          // ops with a training form (BatchNormalization, Dropout): in it
  BodyCost body = {};             // If, Loop, Scan
  std::vector<char> wanted = {};  // by input: is its gradient made? (empty: none)
  std::vector<char> delivered = {};  // by output: does its gradient exist?

  // Absent arguments are a tensor that is not present.
  [[nodiscard]] const OpTensor& input(std::size_t i) const;
  [[nodiscard]] const OpTensor& output(std::size_t i) const;
  [[nodiscard]] bool wants(std::size_t i) const { return i < wanted.size() && wanted[i] != 0; }
  [[nodiscard]] bool broadcasts(std::size_t i) const;  // input i has another shape than output 0

  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  [[nodiscard]] double real(std::string_view name, double otherwise) const;
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view otherwise) const;
  [[nodiscard]] std::span<const std::int64_t> integers(std::string_view name) const;
};

// What a backward reads besides gradients and stash: positions of the forward node's arguments.
struct Saved {
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
};

// A value the forward makes for its backward alone.
struct StashSpec {
  static constexpr std::size_t kNoOutput = std::numeric_limits<std::size_t>::max();

  std::string name;  // of what: "mean", "mask"
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape = {};
  std::size_t output = kNoOutput;  // the optional ONNX output that is this value, where declared
};

struct OpRule {
  static constexpr std::int64_t kAnyOpset = std::numeric_limits<std::int64_t>::max();

  std::string_view op = {};
  std::string_view domain = {};  // "" is ai.onnx
  std::int64_t since = 1;        // opsets [since, until)
  std::int64_t until = kAnyOpset;

  Positions gradients = kNoPosition;      // inputs that can have a gradient
  Positions grad_outputs = positions(0);  // outputs through which one comes
  Positions weights = kNoPosition;        // a floating constant here is a parameter …
  Positions joint_weights = kNoPosition;  // … here only beside an operand that leads to one
  Positions buffers = kNoPosition;        // a constant here is a buffer (running statistics)
  Positions droppable = kNoPosition;      // optional outputs not made when nobody reads them

  bool pointwise = false;           // a fusing compiler makes it part of its neighbours
  Positions carried = kNoPosition;  // a weight here, rearranged or mapped, is still that weight
  bool has_training = false;        // inference form and training form differ
  bool uncounted = false;         // no formula for its FLOPs: its cost is that of moving its bytes
  NodeFlags flags = {};           // in either form
  NodeFlags training_flags = {};  // added in training form

  std::int64_t rate = 0;       // FLOPs per element of output 0, where `flops` is not given
  std::int64_t grad_rate = 0;  // the same per wanted gradient that is no view

  // May a constant in slot i of `weights` or `joint_weights` be a parameter by its shape? Default:
  // yes.
  bool (*weight)(const OpCall&, std::size_t) = nullptr;
  Saved (*saves)(const OpCall&) = nullptr;                   // default: nothing
  std::vector<StashSpec> (*stash)(const OpCall&) = nullptr;  // default: nothing
  bool (*view)(const OpCall&) = nullptr;                     // output 0 shares input 0's storage
  bool (*grad_view)(const OpCall&, std::size_t) = nullptr;   // d input i shares d output 0's
  Count (*flops)(const OpCall&) = nullptr;
  Count (*grad_flops)(const OpCall&) = nullptr;
  Count (*bytes)(const OpCall&) = nullptr;           // moved forward; default: all arguments
  Count (*workspace)(const OpCall&) = nullptr;       // of the forward; default: 0
  Count (*grad_workspace)(const OpCall&) = nullptr;  // default: 0

  // What `flops`, `grad_flops`, `workspace` and `grad_workspace` compute, for people. Empty exactly
  // where those are not given.
  std::string_view formula = {};
  std::string_view grad_formula = {};
  std::string_view workspace_formula = {};  // of both
};

// The rule for ops the table does not know: the backward reads everything there is, every floating
// input gets a gradient, and the cost is that of moving the bytes.
[[nodiscard]] const OpRule& default_rule();

// What the row says, with its defaults filled in.
[[nodiscard]] Saved saved_by(const OpRule& rule, const OpCall& call);
[[nodiscard]] std::vector<StashSpec> stash_of(const OpRule& rule, const OpCall& call);
[[nodiscard]] bool is_view(const OpRule& rule, const OpCall& call);
[[nodiscard]] bool gradient_is_view(const OpRule& rule, const OpCall& call, std::size_t input);
[[nodiscard]] NodeFlags flags_of(const OpRule& rule, const OpCall& call);
[[nodiscard]] Count forward_flops(const OpRule& rule, const OpCall& call);
[[nodiscard]] Count backward_flops(const OpRule& rule, const OpCall& call);
[[nodiscard]] Count forward_bytes(const OpRule& rule, const OpCall& call);
[[nodiscard]] Count forward_workspace(const OpRule& rule, const OpCall& call);
[[nodiscard]] Count backward_workspace(const OpRule& rule, const OpCall& call);

}  // namespace hcb
