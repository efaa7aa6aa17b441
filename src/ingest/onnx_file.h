// The bytes of a model file: mapped, never copied; all of stdin for "-".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hcb {

class ModelFile {
 public:
  // Errors (bad_input, with the path): not there, a directory, unreadable, empty.
  [[nodiscard]] static Result<ModelFile> open(const std::string& path);

  ModelFile(ModelFile&& other) noexcept;
  ModelFile& operator=(ModelFile&&) = delete;
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;
  ~ModelFile();

  [[nodiscard]] std::string_view bytes() const {
    return mapped_ != nullptr ? view_ : std::string_view(read_);
  }

 private:
  ModelFile() = default;

  void* mapped_ = nullptr;  // munmap on destruction
  std::string_view view_;   // of the mapping
  std::string read_;        // of a stream
};

// What the bytes look like when they are some other well-known format ("a PNG image", "a zip
// archive …"); empty for what may be protobuf. Looks at the first kilobyte only.
[[nodiscard]] std::string_view other_format(std::string_view bytes);

}  // namespace hcb
