// Net: a neural network written layer by layer. Forward nodes have one float32 output, named after
// them, in the module entered last; a node takes one ns per 256 elements read and written, which
// keeps views and norms cheap beside the linear maps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generate/training_builder.h"

namespace hcb {

class Net {
 public:
  explicit Net(std::string name) : training_(std::move(name)) {}

  void enter(std::string module) { module_ = std::move(module); }

  ValueId resident(const std::string& name, std::int64_t elements, Role role);
  ValueId op(const std::string& name, const char* type, std::vector<ValueId> inputs,
             std::int64_t elements, Saves saves);
  // x, whose rows have `from` elements, times a parameter: rows of `to`.
  ValueId linear(const std::string& name, ValueId x, std::int64_t from, std::int64_t to);
  ValueId add(const std::string& name, ValueId a, ValueId b);
  // a ∘ b of the size of a; b may be smaller (broadcast).
  ValueId mul(const std::string& name, ValueId a, ValueId b);
  ValueId reshape(const std::string& name, ValueId base);
  // Normalises rows of `width` elements with a parameter; `stash` elements are kept for the backward
  // (0: none, and the input is read again).
  ValueId norm(const std::string& name, ValueId x, std::int64_t width, std::int64_t stash);

  [[nodiscard]] std::int64_t elements(ValueId v) const { return training_.elements(v); }

  [[nodiscard]] Result<Graph> finish(ValueId end, bool training) &&;

 private:
  [[nodiscard]] std::string scoped(const std::string& name) const {
    return module_.empty() ? name : module_ + "." + name;
  }

  TrainingBuilder training_;
  std::string module_;
};

}  // namespace hcb
