#include "support/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "support/places.h"

namespace hcb {
namespace {

namespace fs = std::filesystem;

bool updating() {
  const char* wish = std::getenv("HCB_UPDATE_GOLDEN");
  return wish != nullptr && std::string_view(wish) == "1";
}

std::string update(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  return out.flush() ? "" : "cannot write " + file.string();
}

std::optional<std::string> read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Takes the first line, with its line break, off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == text.npos ? end : end + 1);
  text.remove_prefix(line.size());
  return line;
}

std::string first_difference(std::string_view golden, std::string_view text) {
  for (std::size_t number = 1;; ++number) {
    const std::string_view old_line = take_line(golden);
    const std::string_view new_line = take_line(text);
    if (old_line == new_line) continue;
    return "line " + std::to_string(number) + "\ngolden: " + std::string(old_line) +
           "\nis:     " + std::string(new_line);
  }
}

}  // namespace

std::string golden_difference(std::string_view text, const std::string& path) {
  const fs::path file = fs::path(test::source_dir()) / "tests" / "golden" / path;
  if (updating()) return update(file, text);
  const std::string how = "\naccept with HCB_UPDATE_GOLDEN=1: tests/golden/" + path;
  const auto golden = read(file);
  if (!golden) return "no golden file" + how;
  return *golden == text ? "" : first_difference(*golden, text) + how;
}

}  // namespace hcb
