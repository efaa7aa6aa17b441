// The memory model's rules on the nodes of a body: a value is alive from the node that makes it to
// its last reader, a view is its base.
#include "ingest/onnx_body_cost.h"

#include <vector>

#include "ingest/training_model.h"

namespace hcb {
namespace {

constexpr std::int32_t kEnd = std::numeric_limits<std::int32_t>::max();

class Walk {
 public:
  Walk(const ForwardModel& body, bool outputs_outside)
      : body_(body), in_(internal::describe(body, Options{.inference = true})) {
    const std::size_t values = body.values.size();
    base_.resize(values);
    last_.assign(values, -1);
    counted_.assign(values, 0);
    for (std::size_t v = 0; v < values; ++v) base_[v] = v;
    find_lives();
    for (std::size_t v = 0; v < values; ++v) {
      if (body.values[v].is_output && outputs_outside) counted_[base_[v]] = 0;
    }
  }

  BodyCost run() {
    BodyCost cost;
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
      const OpCall& call = in_.call[n];
      cost.flops += forward_flops(*in_.rule[n], call);
      cost.bytes += forward_bytes(*in_.rule[n], call);
      make(n);
      largest(cost.workspace, alive_ + call.body.workspace);
      cost.kept += made_ + call.body.kept;
      drop(static_cast<std::int32_t>(n));
    }
    return cost;
  }

 private:
  static void largest(Count& most, Count now) {
    if (!now.value() || (most.value() && *now.value() > *most.value())) most = now;
  }

  void find_lives() {
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
      const ForwardNode& node = body_.nodes[n];
      for (std::size_t o = 0; o < node.outputs.size(); ++o) {
        if (node.outputs[o] == ForwardNode::kOmitted) continue;
        const auto v = static_cast<std::size_t>(node.outputs[o]);
        const bool view = o == 0 && is_view(*in_.rule[n], in_.call[n]);
        if (view) base_[v] = base_[static_cast<std::size_t>(node.inputs[0])];
        counted_[v] = view ? 0 : 1;
        last_[base_[v]] = std::max(last_[base_[v]], static_cast<std::int32_t>(n));
      }
      for (const std::int32_t x : node.inputs) {
        if (x != ForwardNode::kOmitted)
          last_[base_[static_cast<std::size_t>(x)]] = static_cast<std::int32_t>(n);
      }
    }
    for (std::size_t v = 0; v < body_.values.size(); ++v) {
      if (body_.values[v].is_output) last_[base_[v]] = kEnd;
    }
  }

  // Sizes were checked when the values were declared; their sum is checked here.
  [[nodiscard]] Bytes size(std::size_t v) const {
    return tensor_bytes(body_.values[v].dtype, body_.values[v].shape).value_or(0);
  }

  void make(std::size_t n) {
    made_ = 0;
    for (const std::int32_t o : body_.nodes[n].outputs) {
      if (o == ForwardNode::kOmitted || counted_[static_cast<std::size_t>(o)] == 0) continue;
      made_ += size(static_cast<std::size_t>(o));
      ends_.emplace_back(static_cast<std::size_t>(o));
    }
    alive_ += made_;
  }

  // What node n reads last, or nobody reads.
  void drop(std::int32_t n) {
    if (!alive_.value()) return;
    Bytes left = *alive_.value();
    std::erase_if(ends_, [&](std::size_t v) {
      if (last_[v] > n) return false;
      left -= size(v);
      return true;
    });
    alive_ = left;
  }

  const ForwardModel& body_;
  internal::TrainingModel in_;
  std::vector<std::size_t> base_;   // by value: itself, or what it is a view of
  std::vector<std::int32_t> last_;  // by base: the last node that uses it
  std::vector<char> counted_;       // by value: made by a node, and no view
  std::vector<std::size_t> ends_;   // alive, counted
  Count alive_;
  Count made_;
};

Count max(Count a, Count b) {
  if (!a.value() || !b.value()) return Count::overflowed();
  return std::max(*a.value(), *b.value());
}

}  // namespace

BodyCost cost_of_body(const ForwardModel& body, bool outputs_outside) {
  return Walk(body, outputs_outside).run();
}

BodyCost larger(const BodyCost& a, const BodyCost& b) {
  return {.flops = max(a.flops, b.flops),
          .bytes = max(a.bytes, b.bytes),
          .workspace = max(a.workspace, b.workspace),
          .kept = max(a.kept, b.kept)};
}

BodyCost repeated(const BodyCost& body, std::int64_t trips, Count carried) {
  return {.flops = trips * body.flops,
          .bytes = trips * body.bytes,
          .workspace = trips == 0 ? Count(0) : body.workspace,
          .kept = trips == 0 ? Count(0) : body.kept + trips * carried};
}

}  // namespace hcb
