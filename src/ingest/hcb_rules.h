// The row of an op table for one node of a step file, whichever dialect it is of. Internal to
// src/ingest.
#pragma once

#include "hcb/v1/graph.pb.h"
#include "ops/aten_table.h"
#include "ops/op.h"

namespace hcb::internal {

class HcbRule {
 public:
  // Looks the node up in the table of `dialect`, aten or jax.
  HcbRule(const v1::Node& node, v1::Dialect dialect);

  [[nodiscard]] bool known() const { return known_; }
  [[nodiscard]] bool random() const;
  [[nodiscard]] bool pointwise() const;    // a fusing compiler makes it part of its neighbours
  [[nodiscard]] bool hidden_size() const;  // an output's real size is not known without running it
  [[nodiscard]] Count flops(const OpCall& call) const;
  [[nodiscard]] Count bytes_moved(const OpCall& call) const;

 private:
  bool known_ = true;
  const AtenRule* aten_ = nullptr;  // one of the two
  const OpRule* jax_ = nullptr;
};

}  // namespace hcb::internal
