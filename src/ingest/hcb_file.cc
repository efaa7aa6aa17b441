#include "ingest/hcb_file.h"

#include <climits>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include "ingest/hcb.h"
#include "ingest/hcb_verify.h"

namespace hcb::internal {

Result<HcbFile> parse_hcb_file(std::string_view bytes) {
  const google::protobuf::LogSilencer silence;  // the library writes to stderr by itself
  HcbFile file;
  if (bytes.size() <= INT_MAX && looks_like_hcb(bytes) &&
      file.mutable_graph()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    HCB_CHECK(verify_hcb(*file));
    return file;
  }
  return fail(ErrorKind::bad_input,
              looks_like_hcb(bytes)
                  ? "damaged or truncated: protobuf cannot read it as hcb.v1.Graph"
                  : "no hcb.v1 graph: it does not begin with its version",
              "export one with hcb_tools");
}

Error in_file(const std::string& name, Error error) {
  if (error.kind != ErrorKind::usage) error.message = fmt::format("{}: {}", name, error.message);
  return error;
}

}  // namespace hcb::internal
