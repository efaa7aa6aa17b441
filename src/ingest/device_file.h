// `--device NAME|FILE`: a built-in device profile, or one that a person wrote (docs/device-file.md).
//
//     {"format": "hcb-device", "format_version": "1.0",
//      "name": "my-gpu", "description": "two of them, half the clock",
//      "flops": {"float32": 19500000000000, "float16": 312000000000000},
//      "bandwidth": 2039000000000, "launch_ns": 4000}
#pragma once

#include <string>
#include <string_view>

#include "ops/device.h"

namespace hcb {

// Is it the name of a file: does it end in ".json" or contain a '/'?
[[nodiscard]] bool names_device_file(std::string_view device);

// The profile that a text describes. `file` is for messages. Its name and description are empty:
// they are for people. Errors (bad_input, naming file and place): no JSON of this format, a newer
// major version, an unknown key (with the nearest match), a rate that is missing, no whole number,
// or below 1.
[[nodiscard]] Result<Device> device_from_json(std::string_view text, const std::string& file);

// The device of that name, or of the file of that name. Errors: usage (an unknown name, with the
// nearest match), those of read_text_file() and device_from_json().
[[nodiscard]] Result<Device> device_of(const std::string& name_or_file);

}  // namespace hcb
