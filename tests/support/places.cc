#include "support/places.h"

namespace hcb::test {

std::string source_dir() { return HCB_SOURCE_DIR; }

std::string light_models_dir() { return HCB_LIGHT_MODELS; }

}  // namespace hcb::test
