// Pre-norm decoder layers (Radford et al., Language models are unsupervised multitask learners,
// 2019): a stream of `tokens` rows to which attention and a two-layer perceptron add. O(layers).
#include "generate/transformer.h"

#include <string>
#include <utility>

#include "generate/net.h"

namespace hcb {
namespace {

constexpr std::int64_t kWidth = 256;
constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kVocabulary = 1000;

class Decoder {
 public:
  Decoder(std::string name, std::int64_t tokens) : net_(std::move(name)), tokens_(tokens) {
    const ValueId ids = net_.resident("tokens", tokens, Role::input);
    mask_ = net_.op("mask", "CausalMask", {ids}, tokens_ * tokens_, {});
    const ValueId table = net_.resident("embed.w", kVocabulary * kWidth, Role::parameter);
    stream_ = net_.op("embed", "Gather", {table, ids}, tokens_ * kWidth, {{1}, {}});
  }

  void add_layer(std::size_t i) {
    net_.enter("h." + std::to_string(i));
    stream_ = net_.add("add_1", stream_, attention(norm("ln_1")));
    const ValueId wide = net_.linear("mlp.up", norm("ln_2"), kWidth, 4 * kWidth);
    const ValueId active = net_.op("mlp.gelu", "Gelu", {wide}, net_.elements(wide), {{0}, {}});
    stream_ = net_.add("add_2", stream_, net_.linear("mlp.down", active, 4 * kWidth, kWidth));
  }

  void add_pointwise(std::size_t i) {
    net_.enter("head");
    stream_ =
        net_.op("tanh" + std::to_string(i), "Tanh", {stream_}, net_.elements(stream_), {{}, {0}});
  }

  [[nodiscard]] Result<Graph> finish(bool training) && {
    return std::move(net_).finish(stream_, training);
  }

 private:
  ValueId norm(const std::string& name) { return net_.norm(name, stream_, kWidth, 2 * tokens_); }

  ValueId projection(const std::string& name, ValueId x) {
    return net_.reshape(name + ".view", net_.linear(name, x, kWidth, kWidth));
  }

  ValueId attention(ValueId x) {
    const ValueId q = projection("attn.q", x);
    const ValueId k = projection("attn.k", x);
    const ValueId v = projection("attn.v", x);
    const std::int64_t square = kHeads * tokens_ * tokens_;
    const ValueId scores = net_.op("attn.scores", "MatMul", {q, k}, square, {{0, 1}, {}});
    const ValueId weights = net_.op("attn.softmax", "Softmax", {scores, mask_}, square, {{}, {0}});
    const ValueId context =
        net_.op("attn.context", "MatMul", {weights, v}, tokens_ * kWidth, {{0, 1}, {}});
    return net_.linear("attn.out", net_.reshape("attn.context.view", context), kWidth, kWidth);
  }

  Net net_;
  std::int64_t tokens_;
  ValueId mask_{};  // made in the graph, read by every layer
  ValueId stream_{};
};

}  // namespace

Result<Graph> transformer(std::size_t layers, const TransformerOptions& options) {
  Decoder decoder("transformer" + std::to_string(layers), options.tokens);
  for (std::size_t i = 0; i < layers; ++i) decoder.add_layer(i);
  for (std::size_t i = 0; i < options.tail; ++i) decoder.add_pointwise(i);
  return std::move(decoder).finish(options.training);
}

}  // namespace hcb
