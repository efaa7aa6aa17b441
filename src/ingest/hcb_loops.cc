// What a forward scan stacks for its backward alone are its residuals: results behind the carries
// that nothing but the partner reads, and that are no outputs.
#include "ingest/hcb_loops.h"

#include <limits>

#include "base/bytes.h"

namespace hcb::internal {
namespace {

// By value: the node that reads it, if it is one alone; else kNobody or kSeveral.
constexpr std::int64_t kNobody = -1;
constexpr std::int64_t kSeveral = -2;

std::vector<std::int64_t> only_readers(const v1::Graph& file) {
  std::vector<std::int64_t> reader(static_cast<std::size_t>(file.values_size()), kNobody);
  for (int n = 0; n < file.nodes_size(); ++n) {
    for (const std::uint32_t plus_one : file.nodes(n).inputs_plus_one()) {
      if (plus_one == 0) continue;
      std::int64_t& of = reader[plus_one - 1];
      of = of == kNobody || of == n ? n : kSeveral;
    }
  }
  for (const auto* list : {&file.outputs(), &file.held()}) {
    for (const std::uint32_t v : *list) reader[v] = kSeveral;
  }
  return reader;
}

Bytes storage_bytes(const v1::Graph& file, std::uint32_t v) {
  return file.storages(static_cast<int>(file.values(static_cast<int>(v)).storage())).bytes();
}

Bytes capped_sum(Bytes a, Bytes b) {
  return checked_add(a, b).value_or(std::numeric_limits<Bytes>::max());
}

LoopReport describe(const v1::Graph& file, const v1::Node& node, std::int64_t partner,
                    const std::vector<std::int64_t>& reader, const BodiesCost& inside) {
  const v1::ScanBody& body = node.bodies(0);
  LoopReport loop{.name = node.name(),
                  .partner = file.nodes(static_cast<int>(partner)).name(),
                  .length = body.length(),
                  .body_nodes = static_cast<std::size_t>(body.graph().nodes_size()),
                  .body_workspace = inside.cost.workspace};
  for (int i = 0; i < node.outputs_size(); ++i) {
    const Bytes bytes = storage_bytes(file, node.outputs(i));
    if (i < static_cast<int>(body.carries())) {
      loop.carry_bytes = capped_sum(loop.carry_bytes, bytes);
    } else if (reader[node.outputs(i)] == partner) {
      loop.residual_bytes = capped_sum(loop.residual_bytes, bytes);
    }
  }
  return loop;
}

}  // namespace

std::vector<LoopReport> find_loops(const v1::Graph& file, const std::map<int, BodiesCost>& inside) {
  std::vector<LoopReport> loops;
  std::vector<std::int64_t> reader;
  for (const auto& [n, cost] : inside) {
    const v1::Node& node = file.nodes(n);
    if (node.op() != "scan" || node.phase() != v1::PHASE_FORWARD || node.bodies_size() != 1)
      continue;
    const std::int64_t partner = std::int64_t{node.bodies(0).reversed_partner_plus_one()} - 1;
    if (partner < 0 || partner >= file.nodes_size() || node.bodies(0).length() < 1) continue;
    if (reader.empty()) reader = only_readers(file);
    loops.push_back(describe(file, node, partner, reader, cost));
  }
  return loops;
}

}  // namespace hcb::internal
