// From every softmax outwards: backwards through what makes its operands, forwards through what reads
// its result, as long as values keep their number of elements, to products on both sides. Invariant:
// a node is part of an attention only with a whole way from product to product.
#include "ops/attention.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "ops/aten_table.h"
#include "ops/cost.h"
#include "ops/onnx_table.h"

namespace hcb {
namespace {

constexpr std::string_view kGrad = "Grad";
constexpr std::int64_t kNewestOpset = OpRule::kAnyOpset - 1;

constexpr std::array<std::string_view, 5> kSoftmaxes{"Softmax", "SoftmaxGrad", "_softmax",
                                                     "_safe_softmax", "_softmax_backward_data"};
constexpr std::array<std::string_view, 8> kProducts{"MatMul", "MatMulGrad", "Einsum", "EinsumGrad",
                                                    "bmm",    "baddbmm",    "matmul", "einsum"};

// More nodes than this of one size around a softmax are no attention.
constexpr std::size_t kLongestWay = 64;

// "aten::bmm" is bmm.
std::string_view plain_name(std::string_view op) {
  const std::size_t at = op.rfind(':');
  return at == std::string_view::npos ? op : op.substr(at + 1);
}

template <class Names>
bool is_one_of(const Names& names, std::string_view op) {
  return std::ranges::find(names, plain_name(op)) != names.end();
}

bool is_pointwise(const Graph& graph, NodeId n) {
  std::string_view op = graph.op(n);
  if (graph.dialect() == Dialect::aten) {
    const AtenRule* const rule = find_aten_op(op, {});
    return rule != nullptr && rule->pointwise;
  }
  if (op == "GradSum") return true;
  if (op.ends_with(kGrad)) op.remove_suffix(kGrad.size());
  const OpRule* const rule = find_onnx_op("", op, kNewestOpset);
  return rule != nullptr && rule->pointwise;
}

DType leading_dtype(const Graph& graph, NodeId n) {
  for (const auto values : {graph.outputs(n), graph.inputs(n)}) {
    for (const ValueId v : values) {
      if (v != kNone<ValueId> && is_floating(graph.dtype(v))) return graph.dtype(v);
    }
  }
  return DType::f32;
}

class Finder {
 public:
  explicit Finder(const Graph& graph) : graph_(graph) {
    found_.part.assign(graph.node_count(), 0);
    found_.inner.assign(graph.value_count(), 0);
  }

  FusedAttention run() && {
    for (const NodeId n : graph_.nodes()) {
      if (is_one_of(kSoftmaxes, graph_.op(n))) follow(n);
    }
    for (const ValueId v : graph_.values()) {
      if (candidate_[v] != 0 && stays_inside(v)) found_.inner[v] = 1;
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::optional<std::int64_t> elements(ValueId v) const {
    return v == kNone<ValueId> ? std::nullopt : element_count(graph_.shape(v));
  }

  [[nodiscard]] bool passes(NodeId n) const {
    return graph_.flags(n).view || is_pointwise(graph_, n);
  }

  void follow(NodeId softmax) {
    scores_ = elements(graph_.outputs(softmax)[0]);
    way_.assign(1, softmax);
    const bool from_product = search(true);
    const bool to_product = search(false);
    if (!from_product || !to_product || way_.size() > kLongestWay) return;
    ++found_.softmaxes;
    for (const NodeId n : way_) {
      found_.part[n] = 1;
      for (const ValueId v : graph_.outputs(n)) {
        if (elements(v) == scores_) candidate_[v] = 1;
      }
    }
  }

  // Adds what lies between the softmax and products on one side; is there a product?
  bool search(bool upwards) {
    bool product = false;
    std::vector<NodeId> stack{way_.front()};
    while (!stack.empty() && way_.size() <= kLongestWay) {
      const NodeId n = stack.back();
      stack.pop_back();
      for (const NodeId next : neighbours(n, upwards)) {
        if (std::ranges::find(way_, next) != way_.end()) continue;
        const bool is_product = is_one_of(kProducts, graph_.op(next));
        product = product || is_product;
        if (!is_product && !passes(next)) continue;
        way_.push_back(next);
        if (!is_product) stack.push_back(next);
      }
    }
    return product;
  }

  [[nodiscard]] std::vector<NodeId> neighbours(NodeId n, bool upwards) const {
    std::vector<NodeId> found;
    for (const ValueId v : upwards ? graph_.inputs(n) : graph_.outputs(n)) {
      if (!scores_ || elements(v) != scores_) continue;
      if (!upwards) {
        found.insert(found.end(), graph_.consumers(v).begin(), graph_.consumers(v).end());
      } else if (graph_.producer(v) != kNone<NodeId>) {
        found.push_back(graph_.producer(v));
      }
    }
    return found;
  }

  [[nodiscard]] bool stays_inside(ValueId v) const {
    return !graph_.is_output(v) && std::ranges::all_of(graph_.consumers(v), [&](NodeId reader) {
      return found_.part[reader] != 0;
    });
  }

  const Graph& graph_;
  FusedAttention found_;
  IdVector<ValueId, char> candidate_{graph_.value_count(), 0};
  std::optional<std::int64_t> scores_;  // elements of the softmax at hand
  std::vector<NodeId> way_;             // the softmax, then what belongs to it
};

Bytes inner_bytes(const Graph& graph, const FusedAttention& found, NodeId n) {
  Bytes sum = 0;
  for (const auto values : {graph.inputs(n), graph.outputs(n)}) {
    for (const ValueId v : values) {
      if (v == kNone<ValueId> || found.inner[v] == 0) continue;
      sum += tensor_bytes(graph.dtype(v), graph.shape(v)).value_or(0);
    }
  }
  return sum;
}

}  // namespace

FusedAttention find_attention(const Graph& graph) { return Finder(graph).run(); }

IdVector<NodeId, Cost> fused_attention_costs(const Graph& graph, const Device& device) {
  const FusedAttention found = find_attention(graph);
  IdVector<NodeId, Cost> costs;
  for (const NodeId n : graph.nodes()) {
    Cost cost = graph.cost(n);
    const Bytes inner = found.part[n] != 0 ? inner_bytes(graph, found, n) : 0;
    const Bytes moved = std::max<Bytes>(cost.bytes_moved - inner, 0);
    if (inner > 0 && !graph.flags(n).view && cost.time > device.launch) {
      const Work work{.flops = cost.flops,
                      .bytes_moved = moved,
                      .workspace = cost.workspace,
                      .dtype = leading_dtype(graph, n)};
      // Less than before, so it exists.
      cost = estimate(work, device, CostModel::fused).value_or(cost);
    } else {
      cost.bytes_moved = moved;
    }
    costs.push_back(cost);
  }
  return costs;
}

}  // namespace hcb
