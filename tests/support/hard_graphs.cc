#include "support/hard_graphs.h"

#include <string>
#include <utility>
#include <vector>

#include "generate/net.h"
#include "generate/u_net.h"
#include "support/autodiff.h"

namespace hcb {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kTokens = 64;
constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kStream = kBatch * kTokens * kWidth;
constexpr std::int64_t kScores = kBatch * kHeads * kTokens * kTokens;

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
  const ValueId x = net.norm("norm_1", stream, kWidth, 0);
  return net.add("add_1", stream, attention(net, "attn", x, x, extras));
}

ValueId mlp(Net& net, ValueId stream) {
  const ValueId wide = net.linear("up", net.norm("norm_2", stream, kWidth, 0), kWidth, 2 * kWidth);
  const ValueId active = net.op("gelu", "Gelu", {wide}, 2 * kStream, {{0}, {}});
  return net.add("add_2", stream, net.linear("down", active, 2 * kWidth, kWidth));
}

Graph decoder(Net net, std::size_t layers, const Extras& extras) {
  ValueId stream = embed(net, "embed");
  for (std::size_t i = 0; i < layers; ++i) {
    net.enter("h" + std::to_string(i));
    stream = mlp(net, self_attention(net, stream, extras));
  }
  return must(std::move(net).finish(stream, true));
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
  memory = net.norm("out", memory, kWidth, 0);
  net.enter("");
  ValueId stream = embed(net, "target");
  for (std::size_t i = 0; i < layers; ++i) {
    net.enter("dec" + std::to_string(i));
    stream = self_attention(net, stream, {});
    const ValueId x = net.norm("norm_cross", stream, kWidth, 0);
    stream = net.add("add_cross", stream, attention(net, "cross", x, memory, {}));
    stream = mlp(net, stream);
  }
  return must(std::move(net).finish(stream, true));
}

Graph u_net(std::size_t levels, std::size_t convs) {
  return must(u_net_graph(levels, convs, true));
}

}  // namespace hcb
