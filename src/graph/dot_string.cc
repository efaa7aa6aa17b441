#include "graph/dot_string.h"

#include "base/text.h"

namespace hcb {

std::string dot_string(std::initializer_list<std::string_view> parts) {
  std::string out = "\"";
  for (const std::string_view part : parts) {
    if (out.size() > 1) out += "\\n";
    for (const char c : printable(part)) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

}  // namespace hcb
