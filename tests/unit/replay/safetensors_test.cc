#include "replay/safetensors.h"

#include <fstream>

#include <doctest/doctest.h>

#include "support/temp_folder.h"

namespace hcb {
namespace {

std::vector<std::byte> bytes_of(const std::vector<float>& numbers) {
  const auto span = std::as_bytes(std::span(numbers));
  return {span.begin(), span.end()};
}

// A header of less than 256 bytes with its length in front, and data behind it.
std::string with_header(const std::string& header, std::size_t data) {
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  return file + header + std::string(data, '\1');
}

Result<SafetensorsFile> read(const TempFolder& folder, const std::string& contents) {
  std::ofstream(folder.path("t.safetensors"), std::ios::binary) << contents;
  return SafetensorsFile::open(folder.path("t.safetensors"));
}

TEST_CASE("Tensors written are the tensors read, in row-major order") {
  const std::vector<TensorToStore> tensors{
      {"w", DType::f32, {2, 2}, bytes_of({1, 2, 3, 4})},
      {"none", DType::bf16, {0, 3}, {}},
      {"flag", DType::boolean, {}, {std::byte{1}}},
  };
  const std::string text = safetensors_bytes(tensors, {{"seed", "7"}}).value();
  CHECK(text.size() == 8 + static_cast<std::size_t>(static_cast<unsigned char>(text[0])) +
                           256 * static_cast<std::size_t>(static_cast<unsigned char>(text[1])) +
                           17);
  const TempFolder folder;
  const SafetensorsFile file = read(folder, text).value();
  CHECK(file.tensors().size() == 3);
  CHECK(file.metadata("seed") == "7");
  CHECK(file.metadata("threads").empty());
  const StoredTensor* w = file.find("w");
  REQUIRE(w != nullptr);
  CHECK(w->dtype == DType::f32);
  CHECK(w->shape == std::vector<std::int64_t>{2, 2});
  CHECK(std::ranges::equal(w->elements, bytes_of({1, 2, 3, 4})));
  CHECK(file.find("none")->elements.empty());
  CHECK(file.find("flag")->shape.empty());
  CHECK(file.find("x") == nullptr);
}

TEST_CASE("An element type that the format has not is refused by name") {
  const std::vector<TensorToStore> tensors{{"k", DType::c128, {1}, std::vector<std::byte>(16)}};
  CHECK(safetensors_bytes(tensors, {}).error().message ==
        "tensor 'k': safetensors has no element type for complex128");
}

std::string refusal(const std::string& contents) {
  const TempFolder folder;
  const auto file = read(folder, contents);
  REQUIRE(!file);
  CHECK(file.error().kind == ErrorKind::bad_input);
  const std::string path = folder.path("t.safetensors") + ": ";
  CHECK(file.error().message.starts_with(path));
  return file.error().message.substr(path.size());
}

std::string entry(const std::string& fields) { return R"({"a": {)" + fields + "}}"; }

TEST_CASE("Damaged files are refused with the tensor concerned") {
  CHECK(refusal("abc") == "3 bytes are no safetensors file");
  CHECK(refusal(std::string(8, '\xFF')) ==
        "no safetensors file: it begins with no length of a header");
  CHECK(refusal(with_header("[1]", 0)) == "damaged: its header is no JSON object");
  CHECK(refusal(with_header(entry(R"("shape": [1], "data_offsets": [0, 4])"), 4)) ==
        "tensor 'a': no dtype");
  CHECK(refusal(with_header(entry(R"("dtype": "F9", "shape": [1], "data_offsets": [0, 4])"), 4)) ==
        "tensor 'a': element type 'F9' is not known");
  CHECK(refusal(with_header(entry(R"("dtype": "F32", "data_offsets": [0, 4])"), 4)) ==
        "tensor 'a': no shape");
  CHECK(refusal(with_header(entry(R"("dtype": "F32", "shape": [-1], "data_offsets": [0, 4])"),
                            4)) == "tensor 'a': no shape");
  CHECK(refusal(with_header(entry(R"("dtype": "F32", "shape": [1], "data_offsets": [4])"), 4)) ==
        "tensor 'a': no data_offsets");
  CHECK(refusal(with_header(entry(R"("dtype": "F32", "shape": [2], "data_offsets": [0, 8])"), 4)) ==
        "tensor 'a': its data are bytes 0 to 8 of 4: the file is damaged or cut off");
  CHECK(refusal(with_header(entry(R"("dtype": "F32", "shape": [2], "data_offsets": [0, 4])"), 4)) ==
        "tensor 'a': 4 bytes of data for F32 of shape 2");
}

}  // namespace
}  // namespace hcb
