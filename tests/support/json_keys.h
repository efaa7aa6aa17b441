// Keys of a JSON document, and those that a page of docs/ names.
#pragma once

#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace hcb::test {

// Adds "base.top[].bytes" for every key below `json`, which is at `path`.
void collect_keys(const nlohmann::ordered_json& json, const std::string& path,
                  std::set<std::string>& keys);

// First column of the tables of docs/`page`, all or those behind the line `heading`.
[[nodiscard]] std::set<std::string> documented_keys(const std::string& page,
                                                    const std::string& heading = "");

}  // namespace hcb::test
