#include "support/hard_graphs.h"

#include <string>
#include <utility>
#include <vector>

#include "support/autodiff.h"

namespace hcb {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kTokens = 64;
constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kStream = kBatch * kTokens * kWidth;
constexpr std::int64_t kScores = kBatch * kHeads * kTokens * kTokens;

// Forward nodes with one output each, named after it.
class Net {
 public:
  explicit Net(std::string name) : training_(std::move(name)) {}

  void enter(std::string module) { module_ = std::move(module); }

  ValueId resident(const std::string& name, std::int64_t elements, Role role) {
    return training_.resident(scoped(name), elements, role);
  }

  ValueId op(const std::string& name, const char* type, std::vector<ValueId> inputs,
             std::int64_t elements, Saves saves) {
    const ValueId y = training_.value(scoped(name), elements);
    std::int64_t moved = elements;
    for (const ValueId x : inputs) moved += training_.elements(x);
    training_.forward({.name = scoped(name),
                       .op = type,
                       .inputs = std::move(inputs),
                       .outputs = {y},
                       .cost = {.bytes_moved = 4 * moved, .time = moved / 256},
                       .module = module_},
                      std::move(saves));
    return y;
  }

  ValueId linear(const std::string& name, ValueId x, std::int64_t from, std::int64_t to) {
    const ValueId w = resident(name + ".w", from * to, Role::parameter);
    return op(name, "MatMul", {x, w}, training_.elements(x) / from * to, {{0, 1}, {}});
  }

  ValueId norm(const std::string& name, ValueId x) {
    const ValueId w = resident(name + ".w", kWidth, Role::parameter);
    return op(name, "LayerNormalization", {x, w}, training_.elements(x), {{0, 1}, {}});
  }

  ValueId add(const std::string& name, ValueId a, ValueId b) {
    return op(name, "Add", {a, b}, training_.elements(a), {});
  }

  // a ∘ b of the size of a; b may be smaller (broadcast).
  ValueId mul(const std::string& name, ValueId a, ValueId b) {
    return op(name, "Mul", {a, b}, training_.elements(a), {{0, 1}, {}});
  }

  [[nodiscard]] Graph finish(ValueId end) && { return std::move(training_).finish({end}); }

 private:
  [[nodiscard]] std::string scoped(const std::string& name) const {
    return module_.empty() ? name : module_ + "." + name;
  }

  TrainingBuilder training_;
  std::string module_;
};

ValueId embed(Net& net, const std::string& name) {
  const ValueId tokens = net.resident(name + ".tokens", kBatch * kTokens, Role::input);
  const ValueId table = net.resident(name + ".w", 100 * kWidth, Role::parameter);
  return net.op(name, "Gather", {table, tokens}, kStream, {{1}, {}});
}

// What a decoder layer does to its queries, keys and scores beyond the plain one.
struct Extras {
  ValueId cos = kNone<ValueId>;
  ValueId sin = kNone<ValueId>;
  ValueId score_factor = kNone<ValueId>;
};

ValueId rotated(Net& net, const std::string& name, ValueId x, const Extras& extras) {
  if (extras.cos == kNone<ValueId>) return x;
  const ValueId turned = net.op(name + ".turned", "RotateHalf", {x}, kStream, {});
  return net.add(name + ".rotated", net.mul(name + ".cos", x, extras.cos),
                 net.mul(name + ".sin", turned, extras.sin));
}

// x attends to `memory`; what it returns is added to the stream by the caller.
ValueId attention(Net& net, const std::string& name, ValueId x, ValueId memory,
                  const Extras& extras) {
  const ValueId q = rotated(net, name + ".q", net.linear(name + ".q", x, kWidth, kWidth), extras);
  const ValueId k =
      rotated(net, name + ".k", net.linear(name + ".k", memory, kWidth, kWidth), extras);
  const ValueId v = net.linear(name + ".v", memory, kWidth, kWidth);
  ValueId scores = net.op(name + ".scores", "MatMul", {q, k}, kScores, {{0, 1}, {}});
  if (extras.score_factor != kNone<ValueId>)
    scores = net.mul(name + ".scaled", scores, extras.score_factor);
  const ValueId weights = net.op(name + ".softmax", "Softmax", {scores}, kScores, {{}, {0}});
  const ValueId context = net.op(name + ".context", "MatMul", {weights, v}, kStream, {{0, 1}, {}});
  return net.linear(name + ".out", context, kWidth, kWidth);
}

ValueId self_attention(Net& net, ValueId stream, const Extras& extras) {
  const ValueId x = net.norm("norm_1", stream);
  return net.add("add_1", stream, attention(net, "attn", x, x, extras));
}

ValueId mlp(Net& net, ValueId stream) {
  const ValueId wide = net.linear("up", net.norm("norm_2", stream), kWidth, 2 * kWidth);
  const ValueId active = net.op("gelu", "Gelu", {wide}, 2 * kStream, {{0}, {}});
  return net.add("add_2", stream, net.linear("down", active, 2 * kWidth, kWidth));
}

Graph decoder(Net net, std::size_t layers, const Extras& extras) {
  ValueId stream = embed(net, "embed");
  for (std::size_t i = 0; i < layers; ++i) {
    net.enter("h" + std::to_string(i));
    stream = mlp(net, self_attention(net, stream, extras));
  }
  return std::move(net).finish(stream);
}

}  // namespace

Graph rope_decoder(std::size_t layers, Early tables) {
  Net net("rope_decoder");
  constexpr std::int64_t kTable = kTokens * kWidth / kHeads;
  if (tables == Early::resident) {
    const Extras extras{.cos = net.resident("cos", kTable, Role::constant),
                        .sin = net.resident("sin", kTable, Role::constant)};
    return decoder(std::move(net), layers, extras);
  }
  const ValueId positions = net.resident("positions", kTokens, Role::input);
  const ValueId frequencies = net.resident("frequencies", kWidth / kHeads, Role::constant);
  const ValueId angles = net.op("angles", "MatMul", {positions, frequencies}, kTable, {});
  const Extras extras{.cos = net.op("cos", "Cos", {angles}, kTable, {}),
                      .sin = net.op("sin", "Sin", {angles}, kTable, {})};
  return decoder(std::move(net), layers, extras);
}

Graph masked_decoder(std::size_t layers, Early mask) {
  Net net("masked_decoder");
  constexpr std::int64_t kMask = kBatch * kTokens * kTokens;
  if (mask == Early::resident) {
    const Extras extras{.score_factor = net.resident("mask", kMask, Role::constant)};
    return decoder(std::move(net), layers, extras);
  }
  const ValueId padding = net.resident("padding", kBatch * kTokens, Role::input);
  const ValueId causal = net.resident("causal", kTokens * kTokens, Role::constant);
  const ValueId cast = net.op("padding.cast", "Cast", {padding}, kBatch * kTokens, {});
  const ValueId wide = net.op("padding.wide", "Expand", {cast}, kMask, {});
  const Extras extras{.score_factor = net.op("mask", "Mul", {wide, causal}, kMask, {})};
  return decoder(std::move(net), layers, extras);
}

Graph scaled_decoder(std::size_t layers, Early scalar) {
  Net net("scaled_decoder");
  if (scalar == Early::resident) {
    const Extras extras{.score_factor = net.resident("scale", 1, Role::constant)};
    return decoder(std::move(net), layers, extras);
  }
  const ValueId width = net.resident("head_width", 1, Role::constant);
  const ValueId root = net.op("root", "Sqrt", {width}, 1, {});
  const Extras extras{.score_factor = net.op("scale", "Reciprocal", {root}, 1, {})};
  return decoder(std::move(net), layers, extras);
}

Graph encoder_decoder(std::size_t layers) {
  Net net("encoder_decoder");
  ValueId memory = embed(net, "source");
  for (std::size_t i = 0; i < layers; ++i) {
    net.enter("enc" + std::to_string(i));
    memory = mlp(net, self_attention(net, memory, {}));
  }
  net.enter("encoder");
  memory = net.norm("out", memory);
  net.enter("");
  ValueId stream = embed(net, "target");
  for (std::size_t i = 0; i < layers; ++i) {
    net.enter("dec" + std::to_string(i));
    stream = self_attention(net, stream, {});
    const ValueId x = net.norm("norm_cross", stream);
    stream = net.add("add_cross", stream, attention(net, "cross", x, memory, {}));
    stream = mlp(net, stream);
  }
  return std::move(net).finish(stream);
}

Graph u_net(std::size_t levels, std::size_t convs) {
  Net net("u_net");
  std::int64_t elements = 131'072;
  const auto conv = [&](const std::string& name, ValueId x) {
    const ValueId w = net.resident(name + ".w", 144, Role::parameter);
    const ValueId y = net.op(name, "Conv", {x, w}, elements, {{0, 1}, {}});
    return net.op(name + ".silu", "Silu", {y}, elements, {{0}, {}});
  };
  ValueId x = net.resident("image", elements, Role::input);
  std::vector<ValueId> skips;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::string down = "down" + std::to_string(level);
    for (std::size_t i = 0; i < convs; ++i) x = conv(down + ".conv" + std::to_string(i), x);
    skips.push_back(net.op(down + ".skip", "Identity", {x}, elements, {}));
    elements /= 2;
    x = net.op(down + ".pool", "AveragePool", {skips.back()}, elements, {});
  }
  for (std::size_t i = 0; i < convs; ++i) x = conv("middle.conv" + std::to_string(i), x);
  for (std::size_t level = levels; level-- > 0;) {
    const std::string up = "up" + std::to_string(level);
    elements *= 2;
    const ValueId grown = net.op(up + ".resize", "Resize", {x}, elements, {});
    x = net.op(up + ".join", "Concat", {grown, skips[level]}, 2 * elements, {});
    for (std::size_t i = 0; i < convs; ++i) x = conv(up + ".conv" + std::to_string(i), x);
  }
  return std::move(net).finish(x);
}

}  // namespace hcb
