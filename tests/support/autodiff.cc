#include "support/autodiff.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace hcb {

Graph must(Result<Graph> graph) {
  if (graph) return std::move(*graph);
  std::fprintf(stderr, "the generated graph is broken: %s\n", graph.error().message.c_str());
  std::abort();
}

Graph must_freeze(GraphBuilder&& builder) { return must(std::move(builder).freeze()); }

}  // namespace hcb
