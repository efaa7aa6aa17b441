#include "support/json_keys.h"

#include <fstream>

#include "support/places.h"

namespace hcb::test {

void collect_keys(const nlohmann::ordered_json& json, const std::string& path,
                  std::set<std::string>& keys) {
  if (json.is_array()) {
    for (const auto& item : json) collect_keys(item, path + "[]", keys);
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.items()) {
    const std::string below = path.empty() ? key : path + "." + key;
    keys.insert(below);
    collect_keys(value, below, keys);
  }
}

std::set<std::string> documented_keys(const std::string& page, const std::string& heading) {
  std::ifstream file(source_dir() + "/docs/" + page);
  std::set<std::string> keys;
  for (std::string line; std::getline(file, line);) {
    if (!heading.empty() && line == heading) keys.clear();
    if (line.starts_with("| `")) keys.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return keys;
}

}  // namespace hcb::test
