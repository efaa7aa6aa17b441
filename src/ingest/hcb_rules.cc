#include "ingest/hcb_rules.h"

#include "ops/jax_table.h"

namespace hcb::internal {

HcbRule::HcbRule(const v1::Node& node, v1::Dialect dialect) {
  if (dialect == v1::DIALECT_JAX) {
    jax_ = find_jax_op(node.op());
    known_ = jax_ != nullptr;
    if (!known_) jax_ = &default_rule();
  } else {
    aten_ = find_aten_op(node.op(), node.overload());
    known_ = aten_ != nullptr;
    if (!known_) aten_ = &aten_default_rule();
  }
}

bool HcbRule::random() const { return jax_ ? jax_->flags.random : aten_->random; }

bool HcbRule::pointwise() const { return jax_ ? jax_->pointwise : aten_->pointwise; }

bool HcbRule::hidden_size() const { return aten_ != nullptr && aten_->hidden_size; }

Count HcbRule::flops(const OpCall& call) const {
  return jax_ ? jax_flops(*jax_, call) : aten_flops(*aten_, call);
}

Count HcbRule::bytes_moved(const OpCall& call) const {
  return jax_ ? jax_bytes(*jax_, call) : aten_bytes(*aten_, call);
}

}  // namespace hcb::internal
