// hcb.v1 as JSON: what proto3 defines as the JSON of hcb.v1.Graph, with the field names of
// proto/hcb/v1/graph.proto, one storage, value and node per line. Any protobuf library reads it.
//
//     {
//     "version": {"major":1,"minor":2},
//     "name": "gpt",
//     "values": [
//     {"name":"w","dtype":"DTYPE_F32","shape":["4","4"],"role":"ROLE_PARAMETER"},
//     …
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hcb {

// Ends with a line break. Same bytes in, same text out. A file of a newer minor version: fields that
// this program does not know are left out, with a warning. `name` is for messages. Errors
// (bad_input): those of reading an hcb.v1 file. O(file).
[[nodiscard]] Result<std::string> hcb_to_json(std::string_view bytes, const std::string& name);

// The inverse: hcb_from_json(hcb_to_json(b)) is b, where b was written in the order of field numbers
// (as protobuf libraries do) and has no unknown fields. Keys that no field has are left out, with a
// warning, where the file says that it is of a newer minor version. Errors (bad_input): not JSON, any
// other such key, a value of another kind (with the place), and those of reading an hcb.v1 file.
[[nodiscard]] Result<std::string> hcb_from_json(std::string_view text, const std::string& name);

}  // namespace hcb
