#include "safetensors_file.h"

#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace hcb::test {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return text.str();
}

std::map<std::string, std::vector<std::byte>> read_tensors(const std::string& path) {
  const std::string file = read_file(path);
  std::uint64_t header = 0;
  if (file.size() < sizeof(header)) throw std::runtime_error("too short: " + path);
  std::memcpy(&header, file.data(), sizeof(header));
  const auto json = nlohmann::json::parse(file.substr(sizeof(header), header));
  std::map<std::string, std::vector<std::byte>> tensors;
  for (const auto& [name, about] : json.items()) {
    if (name == "__metadata__") continue;
    const auto begin = about["data_offsets"][0].get<std::size_t>();
    const auto end = about["data_offsets"][1].get<std::size_t>();
    std::vector<std::byte> bytes(end - begin);
    std::memcpy(bytes.data(), file.data() + sizeof(header) + header + begin, bytes.size());
    tensors.emplace(name, std::move(bytes));
  }
  return tensors;
}

}  // namespace hcb::test
