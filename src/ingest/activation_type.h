// --activation-dtype: a step in 16 bits, of a model whose file is in float32.
#pragma once

#include "base/options.h"
#include "ingest/forward_model.h"

namespace hcb {

// Every float32 tensor of `model` becomes one of `type`, and remembers float32 as what is stored: a
// parameter's float32 copy is the optimizer's master weight (training_optimizer.h). Gradients follow
// their values; statistics that an op stashes in float32 stay so. as_stored changes nothing. Says in
// the notes how many tensors it changed. O(values).
void narrow_floats(ForwardModel& model, ActivationType type);

}  // namespace hcb
