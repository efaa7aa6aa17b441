// One node per line, so that text tools can show the difference between two profiles.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "plan/json_reader.h"
#include "plan/step_profile.h"

namespace hcb {
namespace {

constexpr JsonFormat kFormat{.format = "hcb-profile",
                             .what = "profile",
                             .major = kProfileFormatMajor,
                             .minor = kProfileFormatMinor,
                             .help_other = "give a file that `hcb-run profile -o` wrote"};
constexpr std::int64_t kMostThreads = 1 << 16;

std::string json_text(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string row(const ProfileNode& node) {
  return fmt::format("[{},{},{},{},[{}]]", json_text(node.name), json_text(node.op), node.time,
                     node.workspace, fmt::join(node.storage, ","));
}

class Reader : private JsonReader {
 public:
  using JsonReader::JsonReader;

  [[nodiscard]] Result<StepProfile> profile(const Json& root) const {
    const JsonPlace top;
    HCB_CHECK(format(root, kFormat));
    StepProfile profile;
    HCB_CHECK(scope(root, top, profile.scope));
    HCB_TRY(profile.iterations, count(root, top, "iterations"));
    HCB_TRY(const Json* const graph, need(root, top, "graph"));
    HCB_TRY(profile.graph_name, word(*graph, top.in("graph"), "name"));
    HCB_TRY(profile.structure, word(*graph, top.in("graph"), "structure"));
    HCB_TRY(const Json* const nodes, need(root, top, "nodes"));
    HCB_CHECK(each(*nodes, top.in("nodes"), [&](const Json& item, const JsonPlace& at) {
      return node(item, at, profile.nodes.emplace_back());
    }));
    return profile;
  }

 private:
  [[nodiscard]] Result<void> scope(const Json& root, const JsonPlace& top,
                                   ProfileScope& scope) const {
    HCB_TRY(scope.device, word(root, top, "device"));
    HCB_TRY(scope.device_name, word(root, top, "device_name"));
    HCB_TRY(const Json* const threads, need(root, top, "threads"));
    HCB_TRY(scope.threads, integer(*threads, top.in("threads"), 1, kMostThreads));
    HCB_TRY(scope.memory_format, word(root, top, "memory_format"));
    HCB_TRY(scope.torch_version, word(root, top, "torch_version"));
    return {};
  }

  [[nodiscard]] Result<void> node(const Json& item, const JsonPlace& at, ProfileNode& node) const {
    HCB_CHECK(row(item, at, 5));
    HCB_TRY(node.name, text(item[0], at.at(0)));
    HCB_TRY(node.op, text(item[1], at.at(1)));
    HCB_TRY(node.time, entry(item, at, 2, 0, kMost));
    HCB_TRY(node.workspace, entry(item, at, 3, 0, kMost));
    return each(item[4], at.at(4), [&](const Json& bytes, const JsonPlace& place) -> Result<void> {
      HCB_TRY(const Bytes storage, integer(bytes, place, 0, kMost));
      node.storage.push_back(storage);
      return {};
    });
  }
};

}  // namespace

std::string profile_to_json(const StepProfile& profile) {
  const ProfileScope& scope = profile.scope;
  std::string out =
      fmt::format("{{\n  \"format\": \"hcb-profile\",\n  \"format_version\": \"{}.{}\"",
                  kProfileFormatMajor, kProfileFormatMinor);
  const auto key = [&](std::string_view name, std::string_view value) {
    out += fmt::format(",\n  \"{}\": {}", name, value);
  };
  key("device", json_text(scope.device));
  key("device_name", json_text(scope.device_name));
  key("threads", std::to_string(scope.threads));
  key("memory_format", json_text(scope.memory_format));
  key("torch_version", json_text(scope.torch_version));
  key("iterations", std::to_string(profile.iterations));
  key("graph", fmt::format("{{\"name\": {}, \"structure\": {}}}", json_text(profile.graph_name),
                           json_text(profile.structure)));
  key("nodes", "[");
  for (std::size_t i = 0; i < profile.nodes.size(); ++i)
    out += (i == 0 ? "\n" : ",\n") + row(profile.nodes[i]);
  return out + "]\n}\n";
}

Result<StepProfile> profile_from_json(std::string_view text, const std::string& file) {
  HCB_TRY(const Json root, parse_json(text, file));
  return Reader(file).profile(root);
}

}  // namespace hcb
