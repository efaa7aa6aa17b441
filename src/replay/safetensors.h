// Tensors by name in a file of the format safetensors: weights, inputs, results.
//
//     8 bytes   length of the header, little-endian
//     header    JSON: {"w": {"dtype": "F32", "shape": [2,3], "data_offsets": [0,24]}, …,
//                      "__metadata__": {"seed": "0"}}
//     data      elements in row-major order, offsets counted from here
//
// Reading maps the file; elements are spans into the mapping.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/types.h"
#include "ingest/onnx_file.h"

namespace hcb {

struct StoredTensor {
  DType dtype = DType::undefined;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> elements;  // row-major
};

class SafetensorsFile {
 public:
  // Errors (bad_input, naming the file and the tensor): not there, no safetensors, a header that is
  // cut off or no JSON, an element type that this program does not know, offsets outside of the
  // file, of another length than shape × dtype, or overlapping. O(header).
  [[nodiscard]] static Result<SafetensorsFile> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // By name; nullptr: not there.
  [[nodiscard]] const StoredTensor* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, StoredTensor, std::less<>>& tensors() const {
    return tensors_;
  }
  // Of the header's metadata; empty: not there.
  [[nodiscard]] std::string metadata(std::string_view key) const;

 private:
  SafetensorsFile(std::string path, std::unique_ptr<ModelFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}
  [[nodiscard]] Result<void> read();

  std::string path_;
  std::unique_ptr<ModelFile> file_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

struct TensorToStore {
  std::string name;
  DType dtype = DType::undefined;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> elements;
};

// The whole file as bytes, tensors in the order given. Error (bad_input): an element type that the
// format has not.
[[nodiscard]] Result<std::string> safetensors_bytes(
    std::span<const TensorToStore> tensors,
    const std::vector<std::pair<std::string, std::string>>& metadata);

}  // namespace hcb
