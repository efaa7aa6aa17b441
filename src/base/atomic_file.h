// Writing a file so that readers see the old one or the new one, never a part: the text goes to a
// temporary file in the same folder, is flushed to disk and renamed on commit(). Destroying an
// uncommitted file leaves nothing behind, and a signal handler can see to it that a process which
// ends at once does not either.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hcb {

class AtomicFile {
 public:
  // Creates the temporary file beside `path`, so an unwritable place is known before any work is
  // done. A device or pipe (/dev/null, a FIFO) is written to directly instead of being replaced by
  // a file. A file that exists keeps its mode. Error (output): the path and the system's reason.
  [[nodiscard]] static Result<AtomicFile> open(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  [[nodiscard]] Result<void> write(std::string_view text);
  [[nodiscard]] Result<void> commit();  // fsync, rename; call once, last
  // Two files that belong together: `first` takes its place only if `second` can take its own too.
  // Where it cannot, what stood in both places stands there still. Both must be temporary files.
  [[nodiscard]] static Result<void> commit_both(AtomicFile first, AtomicFile second);
  // False: a device or pipe, written to directly.
  [[nodiscard]] bool is_temporary() const { return temporary_ != nullptr; }

  // Removes the temporary files of up to eight files that are open. For a signal handler that ends
  // the process: neither locks nor allocates.
  static void remove_temporaries() noexcept;

 private:
  static Result<AtomicFile> open_device(const std::string& path);
  Result<void> flush();
  Result<void> take_place();
  AtomicFile(std::string path, std::unique_ptr<const std::string> temporary, int fd);
  void discard() noexcept;
  void close_place() noexcept;

  std::string path_;
  std::unique_ptr<const std::string> temporary_;  // null: fd_ is the place itself
  int fd_ = -1;
};

}  // namespace hcb
