#include "ingest/activation_type.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {

void narrow_floats(ForwardModel& model, ActivationType type) {
  if (type == ActivationType::as_stored) return;
  const DType narrow = type == ActivationType::bf16 ? DType::bf16 : DType::f16;
  long long changed = 0;
  for (ForwardValue& value : model.values) {
    if (value.dtype != DType::f32) continue;
    value.stored = std::exchange(value.dtype, narrow);
    ++changed;
  }
  model.notes.push_back(fmt::format("--activation-dtype: {} float32 tensor{} taken as {}",
                                    with_thousands(changed), changed == 1 ? "" : "s",
                                    name(narrow)));
}

}  // namespace hcb
