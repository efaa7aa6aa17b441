// structure FILE ROUNDS: reads the structure of an ONNX file, as every command does before shapes
// are inferred: mapping, wire filter, protobuf. Prints the median wall time in microseconds, the
// most memory that was ever resident in KiB (pages of the mapped file included), nodes and
// initialisers.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "ingest/onnx_file.h"
#include "ingest/onnx_wire.h"

namespace {

struct Size {
  int nodes = 0;
  int initializers = 0;
};

hcb::Result<Size> read_structure(const std::string& path) {
  HCB_TRY(const hcb::ModelFile file, hcb::ModelFile::open(path));
  HCB_TRY(const std::string kept, hcb::strip_payloads(file.bytes(), path));
  onnx::ModelProto model;
  if (!model.ParseFromString(kept))
    return hcb::fail(hcb::ErrorKind::bad_input, path + ": protobuf cannot read its structure");
  return Size{model.graph().node_size(), model.graph().initializer_size()};
}

// Of this program alone: getrusage() would include the process that started it.
long resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kib = 0;
  while (status >> word && word != "VmHWM:") {
  }
  status >> kib;
  return kib;
}

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  int rounds = 0;
  if (argc == 3) {
    const std::string_view text = argv[2];
    std::from_chars(text.data(), text.data() + text.size(), rounds);
  }
  if (rounds < 1) {
    fmt::print(stderr, "usage: structure FILE ROUNDS\n");
    return 2;
  }
  std::vector<long long> times;
  Size size;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    const auto read = read_structure(argv[1]);
    if (!read) {
      fmt::print(stderr, "{}\n", read.error().message);
      return 3;
    }
    size = *read;
    times.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
  }
  std::ranges::sort(times);
  fmt::print("{} {} {} {}\n", times[times.size() / 2], resident_kib(), size.nodes,
             size.initializers);
  return 0;
}
