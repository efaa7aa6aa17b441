// Read in pieces through one descriptor, so that stdin and files take the same way.
#include "plan/file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "plan/json.h"
#include "plan/protobuf.h"

namespace hcb {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 31;

constexpr const char* kPlanHelp = "give a plan that `hcb plan -o` wrote";
constexpr const char* kProfileHelp = "give a profile that `hcb-run profile -o` wrote";

std::unexpected<Error> unreadable(const std::string& file, std::string_view why) {
  return fail(ErrorKind::bad_input, fmt::format("{}: {}", file, why));
}

Result<std::string> read_all(int fd, const std::string& file) {
  std::string text;
  std::array<char, 1 << 16> piece;
  while (true) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file, fmt::format("cannot be read: {}", std::strerror(errno)));
    if (got == 0 && text.empty()) return unreadable(file, "empty");
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kLargestFile) return unreadable(file, "larger than 2 GiB");
  }
}

Result<std::string> read_file(const std::string& path, const char* help) {
  auto text = read_text_file(path);
  if (!text) text.error().help = help;
  return text;
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO, "stdin");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  auto text = read_all(fd, path);
  close(fd);
  return text;
}

bool kept_apart(const Plan& plan) {
  return plan.bound && !plan.bound->certificate_hash.empty() && plan.bound->certificate.empty();
}

Result<Plan> read_plan(const std::string& path) {
  HCB_TRY(const std::string text, read_file(path, kPlanHelp));
  return parse_plan(text, path);
}

Result<Plan> parse_plan(std::string_view bytes, const std::string& path) {
  const std::string file = path == "-" ? "stdin" : path;
  const bool protobuf = path.ends_with(".pb") || (path == "-" && looks_like_plan(bytes));
  auto plan = protobuf ? plan_from_protobuf(bytes, file) : plan_from_json(bytes, file);
  if (!plan || path == "-" || !kept_apart(*plan)) return plan;
  if (auto certificate = read_text_file(bound_path(path))) {
    if (certificate->ends_with('\n')) certificate->pop_back();
    plan->bound->certificate = *std::move(certificate);
  }
  return plan;
}

std::string bound_path(const std::string& path) { return path + ".bound"; }

std::string take_certificate(Plan& plan) {
  if (!plan.bound || plan.bound->certificate.size() <= kInlineCertificate) return {};
  return std::exchange(plan.bound->certificate, {}) + '\n';
}

Result<StepProfile> read_profile(const std::string& path) {
  HCB_TRY(const std::string text, read_file(path, kProfileHelp));
  return profile_from_json(text, path == "-" ? "stdin" : path);
}

}  // namespace hcb
