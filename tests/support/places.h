// Where tests find files. Only places.cc knows the paths of the checkout, so that every other test
// compiles to the same object wherever the checkout lies.
#pragma once

#include <string>

namespace hcb::test {

// Of the checkout, without a slash at the end.
[[nodiscard]] std::string source_dir();

// The folder of the ONNX package's light models.
[[nodiscard]] std::string light_models_dir();

}  // namespace hcb::test
