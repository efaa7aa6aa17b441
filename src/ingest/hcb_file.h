// The bytes of an hcb.v1 file as a message: what every reader of one begins with. Internal to
// src/ingest.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <google/protobuf/arena.h>

#include "base/result.h"
#include "hcb/v1/graph.pb.h"

namespace hcb::internal {

// A message with all its parts in one arena: a million nodes are freed at once.
class HcbFile {
 public:
  HcbFile()
      : arena_(std::make_unique<google::protobuf::Arena>()),
        graph_(google::protobuf::Arena::CreateMessage<v1::Graph>(arena_.get())) {}

  [[nodiscard]] const v1::Graph& operator*() const { return *graph_; }
  [[nodiscard]] const v1::Graph* operator->() const { return graph_; }
  [[nodiscard]] v1::Graph* mutable_graph() { return graph_; }

 private:
  std::unique_ptr<google::protobuf::Arena> arena_;
  v1::Graph* graph_;
};

// Parsed and verified. Errors (bad_input): no hcb.v1 graph, damaged bytes, and those of
// verify_hcb(). O(file).
[[nodiscard]] Result<HcbFile> parse_hcb_file(std::string_view bytes);

// The error with the name of its file in front, unless it is about the command line.
[[nodiscard]] Error in_file(const std::string& name, Error error);

}  // namespace hcb::internal
