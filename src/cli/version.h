// What this program is: its version, and with -v what it was built from. No host data.
#pragma once

#include <string>
#include <string_view>

namespace hcb {

// "hcb 0.1.0\n" of the program `hcb`; more lines with `verbose`: versions of the formats it reads and writes, of the
// memory model, of the libraries in it with their licences, compiler and build type.
[[nodiscard]] std::string version_text(std::string_view program, bool verbose);

}  // namespace hcb
