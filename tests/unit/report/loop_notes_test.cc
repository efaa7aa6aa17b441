#include "report/loop_notes.h"

#include <doctest/doctest.h>

namespace hcb {
namespace {

TEST_CASE("a loop and what it could keep") {
  // keep 64·40; carry 64·10 + 40; 16 segments of 4: 160 + 160; 8 of 8: 160 + 40.
  const auto notes = loop_notes({{.name = "scan",
                                  .partner = "scan.1",
                                  .length = 64,
                                  .body_nodes = 1,
                                  .carry_bytes = 10,
                                  .residual_bytes = 2560,
                                  .body_workspace = 96}});
  REQUIRE(notes.has_value());
  REQUIRE(notes->size() == 1);
  CHECK((*notes)[0] ==
        "scan and its backward scan.1: 64 iterations of 1 node, carry 10 B, 40 B left behind by "
        "each, 96 B of workspace; keep 2.50 KiB (64 runs of the body), carry 680 B (128 runs of "
        "the body), segment 16 x 4 320 B (128 runs of the body), nested 8 x 8 200 B (192 runs of "
        "the body)");
}

}  // namespace
}  // namespace hcb
