// Reading what tests/runtime/eager.py wrote.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace hcb::test {

// Bytes of every tensor of a .safetensors file, elements in row-major order, by name. Throws
// std::runtime_error, naming the file, if it cannot be read.
[[nodiscard]] std::map<std::string, std::vector<std::byte>> read_tensors(const std::string& path);

[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace hcb::test
