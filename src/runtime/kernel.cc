#include "runtime/kernel.h"

#include <map>
#include <string>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

struct MissingOp {
  NodeId first = kNone<NodeId>;
  std::size_t nodes = 0;
};

std::unexpected<Error> not_available(const Graph& graph,
                                     const std::map<std::string, MissingOp>& missing) {
  std::string list;
  for (const auto& [op, where] : missing) {
    list += fmt::format("{}{} ({} nodes, first '{}')", list.empty() ? "" : ", ", op, where.nodes,
                        printable(graph.name(where.first)));
  }
  return fail(ErrorKind::bad_input,
              fmt::format("{} ops are not available here: {}", missing.size(), list));
}

}  // namespace

Result<Kernels> bind_kernels(const Graph& graph, KernelSet& set) {
  Kernels kernels;
  std::map<std::string, MissingOp> missing;
  for (const NodeId n : graph.nodes()) {
    HCB_TRY(std::unique_ptr<Kernel> kernel, set.make(graph, n));
    if (kernel == nullptr) {
      MissingOp& op = missing[printable(set.missing_name(graph, n))];
      if (op.nodes++ == 0) op.first = n;
    }
    kernels.push_back(std::move(kernel));
  }
  if (!missing.empty()) return not_available(graph, missing);
  return kernels;
}

}  // namespace hcb
