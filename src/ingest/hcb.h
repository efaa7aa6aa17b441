// Reading a step in the format hcb.v1 (proto/hcb/v1/graph.proto), as the PyTorch exporter writes
// it.
//
// A joint graph brings its backward nodes, storages and effects along, so it becomes a Graph
// directly; nothing is synthesised. Node and value ids of the Graph are the positions in the file
// (with options.inference: of its forward nodes). Costs come from the aten table and the device
// profile; measured ones in the file take precedence. A resolved graph, as write_hcb() writes it
// (ingest/hcb_write.h), is taken as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/options.h"
#include "base/result.h"
#include "ingest/training.h"

namespace hcb {

// The newest version of hcb.v1 that this program knows; it writes this one.
inline constexpr std::uint32_t kHcbMajor = 1;
inline constexpr std::uint32_t kHcbMinor = 3;

struct HcbStep {
  TrainingGraph training;      // with options.inference: the forward nodes alone
  std::string graph_name;      // as the file says it; may be empty
  std::size_t file_nodes = 0;  // in the file
  bool joint = false;          // the file has backward nodes
  std::string memory_format;   // "contiguous", or "channels_last" where a resident lies so
};

// Do the bytes begin as hcb.v1.Graph does, with its version? No ONNX model begins so.
[[nodiscard]] bool looks_like_hcb(std::string_view bytes);

struct Calls;  // graph/calls.h

namespace internal {
class HcbFile;
}

// The bytes of a file, read and verified once, of which several steps can be made: the whole one and
// its forward part, say.
class HcbSource {
 public:
  // `name` is for messages. Errors (bad_input): damaged bytes, a newer major version, fields out of
  // range. O(bytes).
  [[nodiscard]] static Result<HcbSource> open(std::string_view bytes, const std::string& name);
  HcbSource(HcbSource&&) noexcept;
  HcbSource& operator=(HcbSource&&) noexcept;
  ~HcbSource();

  // Errors: those of parse_hcb() that are not open()'s. O(file).
  [[nodiscard]] Result<HcbStep> step(const Options& options) const;
  // Errors: those of parse_hcb_calls() (ingest/hcb_calls.h) that are not open()'s. O(file).
  [[nodiscard]] Result<Calls> calls() const;

 private:
  HcbSource(std::string name, std::unique_ptr<const internal::HcbFile> file);

  std::string name_;
  std::unique_ptr<const internal::HcbFile> file_;
};

// Verifies what the file says and builds the graph. `name` is for messages. Errors (bad_input,
// naming node or value and the field): damaged bytes, a newer major version, another dialect,
// enumerators and indexes out of range, shape × dtype beyond the storage, shared storage that is
// neither a view nor a donation, a node before what it reads or of an earlier phase, gradients
// missing, negative costs, and what GraphBuilder::freeze() refuses. (usage): options that bind
// shapes or choose parameters, which are fixed in such a file; an unknown device. O(file).
[[nodiscard]] Result<HcbStep> parse_hcb(std::string_view bytes, const std::string& name,
                                        const Options& options);

}  // namespace hcb
