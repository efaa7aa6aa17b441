// `hcb generate FAMILY -o FILE`: the place is opened first, the graph is made and written.
#include "generate/generate.h"

#include <charconv>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "ingest/hcb_json.h"
#include "ingest/hcb_write.h"
#include "plan/fingerprint.h"

namespace hcb {
namespace {

// A whole number; `number` stays as it is where none is given.
template <class Number>
Result<void> read_number(std::string_view option, const std::string& text, Number& number) {
  if (text.empty()) return {};
  std::uint64_t read = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorKind::usage,
                fmt::format("--{} '{}': expected a whole number", option, printable(text)));
  }
  number = read;
  return {};
}

Result<GenerateRequest> request_of(const Invocation& invocation) {
  GenerateRequest request{.training = invocation.training};
  HCB_CHECK(read_number("nodes", invocation.nodes, request.nodes));
  HCB_CHECK(read_number("width", invocation.width, request.width));
  HCB_CHECK(read_number("seed", invocation.seed, request.seed));
  return request;
}

Result<void> check_output(const std::string& path) {
  if (path == "-" || path.ends_with(".hcb") || path.ends_with(".json")) return {};
  if (path.empty()) return fail(ErrorKind::usage, "generate needs -o", "write -o graph.hcb");
  return fail(ErrorKind::usage,
              fmt::format("-o '{}': the extension decides the form and is none of .hcb, .json",
                          printable(path)),
              "write -o graph.hcb, or -o - for standard output");
}

Result<std::string> serialized(const Graph& graph, const std::string& path) {
  auto bytes = write_hcb(graph);
  return bytes && path.ends_with(".json") ? hcb_to_json(*bytes, path) : bytes;
}

Bytes all_bytes(const Graph& graph) {
  Bytes sum = 0;
  for (const BufferId b : graph.buffers()) sum += graph.bytes(b);
  return sum;
}

std::string summary(const std::string& path, const Graph& graph) {
  return fmt::format("{}   {}: {} nodes, {} values, {} in all\nfingerprint {}\n", printable(path),
                     graph.graph_name(), with_thousands(std::ssize(graph.nodes())),
                     with_thousands(std::ssize(graph.values())), format_bytes(all_bytes(graph)),
                     fingerprint(graph));
}

}  // namespace

Result<int> run_generate(const Invocation& invocation, Context& context) {
  const std::string& path = invocation.output;
  HCB_CHECK(check_output(path));
  HCB_TRY(const GenerateRequest request, request_of(invocation));
  std::optional<AtomicFile> file;
  if (path != "-") {
    HCB_TRY(file, AtomicFile::open(path));
  }
  HCB_TRY(const Graph graph, generate(invocation.family, request));
  HCB_CHECK(context.check());
  HCB_TRY(const std::string text, serialized(graph, path));
  if (!file) {
    HCB_CHECK(print(text));
    return 0;
  }
  HCB_CHECK(file->write(text));
  HCB_CHECK(file->commit());
  HCB_CHECK(print(summary(path, graph)));
  return 0;
}

}  // namespace hcb
