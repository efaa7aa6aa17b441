// The log: lines on stderr for people, never part of a result. Includes no logging library, so that
// any file may log.
#pragma once

#include <string_view>

namespace hcb {

enum class LogLevel { quiet, warning, info, debug };

void set_log_level(LogLevel level);
void log_warning(std::string_view text);
void log_info(std::string_view text);
void log_debug(std::string_view text);

}  // namespace hcb
