// libFuzzer entry for hcb.v1 ingest: any bytes are an error or a graph whose every node can run once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "check/simulate.h"
#include "ingest/hcb.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// A graph that was accepted simulates, unless its sums overflow.
void run_once(const hcb::Graph& graph) {
  const auto size = hcb::rounded_sizes(graph, 512);
  if (!size) return;
  (void)hcb::simulate(graph, hcb::plain_sequence(graph), *size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  hcb::Options inference;
  inference.inference = true;
  for (const hcb::Options& options : {hcb::Options{}, inference}) {
    const auto step = hcb::parse_hcb(bytes, "fuzz.hcb", options);
    if (step) {
      run_once(step->training.graph);
    } else {
      require(!step.error().message.empty() && step.error().kind != hcb::ErrorKind::internal);
    }
  }
  return 0;
}
