#include "base/log.h"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace hcb {
namespace {

// spdlog's default logger writes to stdout, which belongs to results.
spdlog::logger& logger() {
  static const auto instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("hcb", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("hcb: %l: %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::quiet:
      return spdlog::level::off;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::warn;
}

}  // namespace

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }
void log_warning(std::string_view text) { logger().warn("{}", text); }
void log_info(std::string_view text) { logger().info("{}", text); }
void log_debug(std::string_view text) { logger().debug("{}", text); }

}  // namespace hcb
