// A profile: what every node of a step was measured to need on one device.
//
// `hcb-run profile` writes it, `hcb plan --costs` and `hcb analyze --costs` read it. Storage bytes of
// every output, workspace and time replace what was estimated; they are valid for one device, thread
// count, memory format and torch version, all of which stand in the header.
//
// The file is JSON in canonical form: fixed key order, integers, one node per line
// (docs/profile.md explains every key).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace hcb {

inline constexpr int kProfileFormatMajor = 1;
inline constexpr int kProfileFormatMinor = 0;

// What measurements are valid for.
struct ProfileScope {
  std::string device;         // "cpu" or "cuda"
  std::string device_name;    // "NVIDIA H200"; the processor's name
  std::int64_t threads = 1;   // inside an op
  std::string memory_format;  // "contiguous", "channels_last"
  std::string torch_version;
  friend bool operator==(const ProfileScope&, const ProfileScope&) = default;
};

struct ProfileNode {
  std::string name;  // printable()
  std::string op;
  Nanos time = 0;  // median
  Bytes workspace = 0;
  std::vector<Bytes> storage;  // by output; of a view: of the storage it shares
  friend bool operator==(const ProfileNode&, const ProfileNode&) = default;
};

struct StepProfile {
  ProfileScope scope;
  std::int64_t iterations = 0;     // that times are medians of
  std::string graph_name;          // for people
  std::string structure;           // structure_fingerprint() of the graph
  std::vector<ProfileNode> nodes;  // by node id
  friend bool operator==(const StepProfile&, const StepProfile&) = default;
};

// The graph's fingerprint without its costs: the same under every device, cost model and profile of
// workspaces and times. 32 hex digits. O(size of the canonical text).
[[nodiscard]] std::string structure_fingerprint(const Graph& graph);

// UTF-8, ends with a line break. O(size of the profile).
[[nodiscard]] std::string profile_to_json(const StepProfile& profile);

// Errors (bad_input, "FILE: nodes[3][2]: -1 is out of range (0 … 9223372036854775807)"): not JSON,
// not a profile, a newer major version (naming both), a missing key, a value of another type or out
// of range. O(|text| log keys).
[[nodiscard]] Result<StepProfile> profile_from_json(std::string_view text, const std::string& file);

// Error (bad_input, with the first difference): `graph` is not the one that was measured. It is to
// be as the file says it, without optimizer state or a profile of its own. `file` names the profile.
[[nodiscard]] Result<void> check_profile_of(const StepProfile& profile, const Graph& graph,
                                            const std::string& file);

// `graph` with the storage bytes, workspaces and times of its nodes as measured; nodes are found by
// name, so that a part of the measured graph will do. Error (bad_input): a node that the profile has
// not, or that has another op or another number of outputs. O(nodes log nodes).
[[nodiscard]] Result<Graph> with_profile(const Graph& graph, const StepProfile& profile,
                                         const std::string& file);

}  // namespace hcb
