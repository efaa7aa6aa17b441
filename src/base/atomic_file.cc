#include "base/atomic_file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hcb {
namespace {

std::unexpected<Error> not_written(const std::string& path, int error) {
  return fail(ErrorKind::output,
              fmt::format("{}: cannot be written: {}", path, std::strerror(error)),
              "give -o a path in a folder you may write to");
}

// The mode open(2) would give a new file.
mode_t default_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

// Names of temporary files, for the signal handler. A ninth one at a time is not listed.
std::array<std::atomic<const char*>, 8> listed{};

void replace_listed(const char* from, const char* to) {
  for (auto& name : listed) {
    const char* expected = from;
    if (name.compare_exchange_strong(expected, to)) return;
  }
}

}  // namespace

Result<AtomicFile> AtomicFile::open(const std::string& path) {
  struct stat status{};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return not_written(path, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) return open_device(path);
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return not_written(path, errno);
  fchmod(fd, exists ? status.st_mode & 0777 : default_mode());
  return AtomicFile(path, std::make_unique<const std::string>(std::move(temporary)), fd);
}

Result<AtomicFile> AtomicFile::open_device(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return not_written(path, errno);
  return AtomicFile(path, {}, fd);
}

AtomicFile::AtomicFile(std::string path, std::unique_ptr<const std::string> temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {
  if (temporary_) replace_listed(nullptr, temporary_->c_str());
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      fd_(std::exchange(other.fd_, -1)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  temporary_ = std::move(other.temporary_);
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (fd_ < 0) return;
  if (temporary_) unlink(temporary_->c_str());
  close_place();
}

void AtomicFile::close_place() noexcept {
  if (temporary_) replace_listed(temporary_->c_str(), nullptr);
  close(fd_);
  fd_ = -1;
}

void AtomicFile::remove_temporaries() noexcept {
  for (const auto& name : listed) {
    if (const char* path = name.load()) unlink(path);
  }
}

Result<void> AtomicFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return not_written(path_, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> AtomicFile::flush() {
  if (fsync(fd_) != 0 && errno != EINVAL) return not_written(path_, errno);
  return {};
}

Result<void> AtomicFile::take_place() {
  if (temporary_ && std::rename(temporary_->c_str(), path_.c_str()) != 0) {
    return not_written(path_, errno);
  }
  close_place();
  return {};
}

Result<void> AtomicFile::commit() {
  HCB_CHECK(flush());
  return take_place();
}

// The old file in the first place is kept under a second name until the second file stands.
Result<void> AtomicFile::commit_both(AtomicFile first, AtomicFile second) {
  HCB_CHECK(first.flush());
  HCB_CHECK(second.flush());
  const std::string kept = *first.temporary_ + ".old";
  bool replaces = link(first.path_.c_str(), kept.c_str()) == 0;
  // Not every file system has a second name for a file.
  if (!replaces && errno != ENOENT) {
    replaces = std::rename(first.path_.c_str(), kept.c_str()) == 0;
    if (!replaces) return not_written(first.path_, errno);
  }
  const auto undo = [&] {
    replaces ? std::rename(kept.c_str(), first.path_.c_str()) : unlink(first.path_.c_str());
  };
  if (auto placed = first.take_place(); !placed) {
    if (replaces) undo();
    return placed;
  }
  if (auto placed = second.take_place(); !placed) {
    undo();
    return placed;
  }
  if (replaces) unlink(kept.c_str());
  return {};
}

}  // namespace hcb
