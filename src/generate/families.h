// One function per family; what each is for stands in docs/generate.md. Internal to src/generate.
#pragma once

#include "generate/generate.h"

namespace hcb::internal {

[[nodiscard]] Result<Graph> make_chain(const GenerateRequest& request);
[[nodiscard]] Result<Graph> make_layered(const GenerateRequest& request);
[[nodiscard]] Result<Graph> make_series_parallel(const GenerateRequest& request);
[[nodiscard]] Result<Graph> make_dense(const GenerateRequest& request);
[[nodiscard]] Result<Graph> make_wide(const GenerateRequest& request);
[[nodiscard]] Result<Graph> make_long_range(const GenerateRequest& request);
[[nodiscard]] Result<Graph> make_adversarial(const GenerateRequest& request);

}  // namespace hcb::internal
