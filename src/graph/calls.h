// How the nodes of a graph are called and how its tensors lie in their storage: what an executor
// needs beside the Graph, and no planner reads. Ids are those of the graph it belongs to.
//
//     convolution(x, w, None, [1, 1], …)    arguments: tensor 0, tensor 1, none, list, …
//     inputs of the node: x, w, none        a tensor argument is a position among them
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "graph/graph.h"
#include "graph/types.h"

namespace hcb {

struct NoArgument {};  // given as none, or left out

// The tensor at this position of Graph::inputs(node).
struct InputPosition {
  std::size_t input = 0;
};

struct DeviceName {
  std::string type;  // "cpu", "cuda"
  int index = -1;    // -1: none given
};

struct LayoutName {
  std::string name;  // "strided"
};

struct MemoryFormatName {
  std::string name;  // "channels_last"
};

using Number = std::variant<bool, std::int64_t, double, std::complex<double>>;

// A number given for a tensor parameter: it takes part in type promotion as a number does.
struct WrappedNumber {
  Number number;
  DType dtype = DType::undefined;
};

struct Argument;

struct ArgumentList {
  std::vector<Argument> items;
};

struct NamedArgument;

// Fields by name: jax's dimension numbers.
struct ArgumentRecord {
  std::vector<NamedArgument> items;
};

// The loop body at this position of NodeCall::bodies.
struct BodyPosition {
  std::size_t body = 0;
};

struct Argument {
  std::variant<NoArgument, InputPosition, Number, std::string, DType, DeviceName, LayoutName,
               MemoryFormatName, ArgumentList, WrappedNumber, ArgumentRecord, BodyPosition>
      kind;
};

struct NamedArgument {
  std::string name;  // the parameter's; empty: positional
  Argument argument;
};

struct LoopBody;

struct NodeCall {
  std::string overload;  // "default", "Tensor"
  std::vector<NamedArgument> arguments;
  std::vector<std::size_t> writes;  // positions of the inputs that the call overwrites
  std::vector<std::shared_ptr<const LoopBody>> bodies = {};
};

// A tensor in its storage. Graph::shape() leaves out dims that repeat elements (stride 0); this one
// has them.
struct TensorSpec {
  DType dtype = DType::undefined;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements, one per dim
  std::int64_t offset = 0;            // in elements
  Bytes storage = 0;                  // bytes of the whole storage
};

// Contents of a resident constant: its elements in row-major order, little-endian.
struct ConstantData {
  ValueId value = kNone<ValueId>;
  std::string elements;
};

struct Calls {
  std::string torch_version;  // that the graph was exported with; may be empty
  std::string device;         // type of device that it was exported for; may be empty
  IdVector<NodeId, NodeCall> nodes;
  IdVector<ValueId, TensorSpec> values;
  std::vector<ConstantData> constants;     // those whose contents came with the graph
  ValueId loss = kNone<ValueId>;           // what the gradients are of; kNone: not said
  IdVector<ValueId, ValueId> gradient_of;  // by value: the resident; kNone: no gradient
};

// What a loop runs `length` times:
//
//     inputs    consts, then carries, then one slice of every xs
//     outputs   carries for the next time, then one slice of every ys
struct LoopBody {
  Graph graph;
  Calls calls;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;  // one value may stand several times; some may be inputs
  std::size_t consts = 0;
  std::size_t carries = 0;
  std::size_t xs = 0;
  std::int64_t length = 0;
  bool reverse = false;  // from the last slice to the first
};

// Strides of a tensor without gaps in row-major order; dims of size 0 count as 1.
[[nodiscard]] std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> shape);

}  // namespace hcb
