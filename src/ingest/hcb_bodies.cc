#include "ingest/hcb_bodies.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "ingest/hcb_emit.h"
#include "ops/count.h"

namespace hcb::internal {
namespace {

struct Sum {
  Count flops = 0;
  Count bytes_moved = 0;
  Count time = 0;

  void add(const Cost& cost) {
    flops += Count(cost.flops);
    bytes_moved += Count(cost.bytes_moved);
    time += Count(cost.time);
  }
  void add(const Sum& other, std::int64_t times) {
    flops += times * other.flops;
    bytes_moved += times * other.bytes_moved;
    time += times * other.time;
  }
};

std::unexpected<Error> too_much(const v1::Node& node) {
  return fail(ErrorKind::bad_input,
              fmt::format("node '{}' ({}): FLOPs, bytes or time of its bodies exceed 63 bits",
                          printable(node.name()), printable(node.op())));
}

// Bytes of the carries, which two iterations hold at the same time.
Bytes carry_bytes(const v1::ScanBody& body, const Graph& graph) {
  Bytes bytes = 0;
  std::uint32_t position = 0;
  for (const ValueId v : graph.values()) {
    if (graph.role(v) != Role::input) continue;
    const std::uint32_t at = position++;
    if (at >= body.consts() && at < body.consts() + body.carries())
      bytes += graph.bytes(graph.buffer(v));
  }
  return bytes;
}

bool is_branch(const v1::Node& node) { return node.op() == "cond"; }

}  // namespace

bool runs_bodies(const v1::Node& node) {
  return node.bodies_size() != 0 &&
         (node.op() == "scan" || node.op() == "while" || is_branch(node));
}

Result<Bytes> peak_inside(const Graph& body) {
  IdVector<BufferId, NodeId> last(body.buffer_count(), kNone<NodeId>);
  for (const BufferId b : body.buffers()) {
    if (body.is_output(b)) continue;
    last[b] = body.readers(b).empty() ? body.owner(b) : body.readers(b).back();
  }
  Bytes live = 0;
  Bytes peak = 0;
  for (const NodeId n : body.nodes()) {
    Bytes now = body.cost(n).workspace;
    for (const BufferId b : body.makes(n)) {
      const auto more = checked_add(live, body.bytes(b));
      if (!more) return fail(ErrorKind::bad_input, "a body holds more than 2^63 bytes");
      live = *more;
    }
    now = checked_add(now, live).value_or(std::numeric_limits<Bytes>::max());
    peak = std::max(peak, now);
    const auto release = [&](BufferId b) {
      if (!body.resident(b) && last[b] == n) live -= body.bytes(b);
    };
    std::ranges::for_each(body.reads(n), release);
    std::ranges::for_each(body.makes(n), release);
  }
  return peak;
}

Result<BodiesCost> cost_of_bodies(const v1::Node& node, const Options& options,
                                  const Device& device) {
  Options inside;
  inside.cost_model = options.cost_model;
  BodiesCost out;
  Sum total;
  for (const v1::ScanBody& body : node.bodies()) {
    HCB_TRY(const TrainingGraph made, emit_hcb(body.graph(), body.graph().name(), inside, device));
    for (const auto& [op, count] : made.report.default_rule_ops) out.by_default[op] += count;
    HCB_TRY(const Bytes peak, peak_inside(made.graph));
    const Bytes held = checked_add(peak, carry_bytes(body, made.graph))
                           .value_or(std::numeric_limits<Bytes>::max());
    out.cost.workspace = std::max(out.cost.workspace, held);
    Sum once;
    for (const NodeId n : made.graph.nodes()) once.add(made.graph.cost(n));
    if (!is_branch(node)) {
      total.add(once, std::max<std::int64_t>(body.length(), 1));
    } else if (once.time.value() > total.time.value()) {
      total = once;
    }
  }
  const auto flops = total.flops.value();
  const auto bytes = total.bytes_moved.value();
  const auto time = total.time.value();
  if (!flops || !bytes || !time) return too_much(node);
  out.cost.flops = *flops;
  out.cost.bytes_moved = *bytes;
  out.cost.time = *time;
  return out;
}

}  // namespace hcb::internal
