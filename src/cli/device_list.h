// `--list-devices`: the built-in device profiles.
#pragma once

#include <string>

namespace hcb {

// One line per profile with its rates, a heading above. For people; may change.
[[nodiscard]] std::string device_list();

}  // namespace hcb
