#include "ingest/device_file.h"

#include <array>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "plan/file.h"
#include "plan/json_reader.h"

namespace hcb {
namespace {

constexpr std::string_view kHelp = "docs/device-file.md describes the format";
constexpr JsonFormat kFormat{
    .format = "hcb-device", .what = "device profile", .major = 1, .minor = 0, .help_other = kHelp};

// FLOP/s by element type; those left out are as fast as float32.
struct Rate {
  std::string_view key;
  std::int64_t Device::* slot;
};
constexpr std::array<Rate, 5> kRates{{{"float64", &Device::f64},
                                      {"float32", &Device::f32},
                                      {"float16", &Device::f16},
                                      {"bfloat16", &Device::bf16},
                                      {"float8", &Device::f8}}};
constexpr std::array<std::string_view, 7> kKeys{
    "format", "format_version", "name", "description", "flops", "bandwidth", "launch_ns"};

class DeviceReader {
 public:
  DeviceReader(const Json& root, const std::string& file) : root_(root), read_(file) {}

  Result<Device> run() && {
    HCB_CHECK(read_.format(root_, kFormat));
    HCB_CHECK(only_known(root_, place_, kKeys));
    HCB_TRY(const Json* const flops, read_.need(root_, place_, "flops"));
    HCB_CHECK(rates(*flops, place_.in("flops")));
    HCB_TRY(device_.bandwidth, number(root_, place_, "bandwidth", 1));
    HCB_TRY(device_.launch, number(root_, place_, "launch_ns", 0));
    for (const char* const key : {"name", "description"}) {
      if (const Json* const text = JsonReader::find(root_, key)) {
        HCB_CHECK(read_.text(*text, place_.in(key)));
      }
    }
    return device_;
  }

 private:
  Result<std::int64_t> number(const Json& object, const JsonPlace& place, std::string_view key,
                              std::int64_t low) const {
    HCB_TRY(const Json* const value, read_.need(object, place, key));
    return read_.integer(*value, place.in(key), low, JsonReader::kMost);
  }

  Result<void> only_known(const Json& object, const JsonPlace& place,
                          std::span<const std::string_view> known) const {
    for (const auto& [key, value] : object.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      const std::vector<std::string> names(known.begin(), known.end());
      return read_.wrong(place.in(key), fmt::format("unknown key{}", did_you_mean(key, names)),
                         fmt::format("keys: {}", fmt::join(known, ", ")));
    }
    return {};
  }

  Result<void> rates(const Json& flops, const JsonPlace& place) {
    if (!flops.is_object()) return read_.expected(place, "an object", flops);
    std::vector<std::string_view> names;
    for (const Rate& rate : kRates) names.push_back(rate.key);
    HCB_CHECK(only_known(flops, place, names));
    HCB_TRY(const std::int64_t f32, number(flops, place, "float32", 1));
    for (const auto& [key, slot] : kRates) {
      device_.*slot = f32;
      if (JsonReader::find(flops, key) == nullptr) continue;
      HCB_TRY(device_.*slot, number(flops, place, key, 1));
    }
    return {};
  }

  const Json& root_;
  const JsonReader read_;
  const JsonPlace place_;
  Device device_;
};

}  // namespace

bool names_device_file(std::string_view device) {
  return device.ends_with(".json") || device.find('/') != std::string_view::npos;
}

Result<Device> device_from_json(std::string_view text, const std::string& file) {
  HCB_TRY(const Json root, parse_json(text, file));
  return DeviceReader(root, file).run();
}

Result<Device> device_of(const std::string& name_or_file) {
  if (names_device_file(name_or_file)) {
    auto text = read_text_file(name_or_file);
    if (!text) {
      text.error().help = kHelp;
      return std::unexpected(std::move(text).error());
    }
    return device_from_json(*text, name_or_file);
  }
  HCB_TRY(const Device* const device, find_device(name_or_file));
  return *device;
}

}  // namespace hcb
