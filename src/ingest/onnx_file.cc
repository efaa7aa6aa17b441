// open, fstat, mmap with random access advice, so that a cold 2 GB file is not read ahead when only
// its structure is walked. Pipes and stdin are read to the end instead.
#include "ingest/onnx_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hcb {
namespace {

std::unexpected<Error> unreadable(const std::string& path, int code) {
  const std::string why = code == ENOENT ? "no such file" : std::strerror(code);
  return fail(ErrorKind::bad_input, fmt::format("{}: {}", path, why));
}

std::unexpected<Error> empty(const std::string& path) {
  return fail(ErrorKind::bad_input, path + ": empty", "an ONNX model has at least a graph");
}

struct Descriptor {
  int fd;
  bool close_it;
  ~Descriptor() {
    if (close_it) ::close(fd);
  }
};

Result<std::string> read_all(int fd, const std::string& path) {
  std::string all;
  std::array<char, 1 << 16> part{};
  while (true) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got == 0) return all;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    all.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<ModelFile> ModelFile::open(const std::string& path) {
  const bool from_stdin = path == "-";
  const Descriptor file{from_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                        !from_stdin};
  if (file.fd < 0) return unreadable(path, errno);
  struct stat status{};
  if (::fstat(file.fd, &status) != 0) return unreadable(path, errno);
  if (S_ISDIR(status.st_mode))
    return fail(ErrorKind::bad_input, path + ": a directory, not a model file");
  ModelFile model;
  if (from_stdin || !S_ISREG(status.st_mode)) {
    HCB_TRY(model.read_, read_all(file.fd, path));
    if (model.read_.empty()) return empty(from_stdin ? "stdin" : path);
    return model;
  }
  if (status.st_size == 0) return empty(path);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (mapped == MAP_FAILED) return unreadable(path, errno);
  model.mapped_ = mapped;
  model.view_ = {static_cast<const char*>(mapped), size};
  ::madvise(mapped, size, MADV_RANDOM);
  return model;
}

ModelFile::ModelFile(ModelFile&& other) noexcept
    : mapped_(std::exchange(other.mapped_, nullptr)),
      view_(other.view_),
      read_(std::move(other.read_)) {}

ModelFile::~ModelFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, view_.size());
}

std::string_view other_format(std::string_view bytes) {
  struct Magic {
    std::size_t at;
    std::string_view bytes;
    std::string_view what;
  };
  static constexpr std::array kMagics = std::to_array<Magic>({
      {0, "\x89PNG", "a PNG image"},
      {0, "PK\x03\x04", "a zip archive (PyTorch's .pt and NumPy's .npz are such)"},
      {0, "\x80\x02", "a Python pickle (older PyTorch .pt files are such)"},
      {0, "\x1F\x8B", "gzip data"},
      {0, "\x28\xB5\x2F\xFD", "zstd data"},
      {0,
       "\x7F"
       "ELF",
       "an ELF binary"},
      {0, "\x89HDF", "an HDF5 file"},
      {0, "GGUF", "a GGUF file"},
      {4, "ORTM", "an ONNX Runtime .ort file"},
      {4, "TFL3", "a TensorFlow Lite model"},
      {0, "version https://git-lfs", "a Git LFS pointer, not the file itself (git lfs pull)"},
      {0, "{", "JSON or other text"},
      {0, "<", "XML or HTML"},
  });
  for (const Magic& magic : kMagics) {
    if (bytes.size() >= magic.at && bytes.substr(magic.at).starts_with(magic.bytes))
      return magic.what;
  }
  const auto printable = [](char c) {
    return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
  };
  return std::ranges::all_of(bytes.substr(0, 1024), printable) ? "text" : "";
}

}  // namespace hcb
