#include "schedule/bounds/moment_cut.h"

#include <algorithm>
#include <bit>

namespace hcb {
namespace {

constexpr std::uint32_t kSource = 0;
constexpr std::uint32_t kSink = 1;
constexpr std::uint32_t kFirst = 2;
// Scaled costs add up to less than 2^52 and prices times bytes to less than 2^60, so that every sum
// of both stays below FlowNetwork::kInfinite.
constexpr int kCostBits = 52;
constexpr int kPriceBits = 60;
constexpr std::uint32_t kMostScale = 40;
// Costs more than everything else, and leaves room to add up.
constexpr std::int64_t kNever = FlowNetwork::kInfinite;

int bits_of(std::int64_t value) { return std::bit_width(static_cast<std::uint64_t>(value)); }

}  // namespace

Scale scale_for(const Graph& graph) {
  Scale scale{.unit = time_unit(graph)};
  std::int64_t total = 0;
  for (const NodeId n : graph.nodes()) total += graph.cost(n).time / scale.unit;
  const int room = kCostBits - bits_of(total);
  scale.log2 = room <= 0 ? 0 : std::min(kMostScale, static_cast<std::uint32_t>(room));
  return scale;
}

MomentCut::MomentCut(const MomentSystem& system, const Scale& scale) : system_(system) {
  number_parts();
  add_arcs(scale);
}

void MomentCut::number_parts() {
  const Graph& graph = system_.graph();
  node_index_.assign(graph.node_count(), kSource);
  buffer_index_.assign(graph.buffer_count(), kSource);
  std::uint32_t next = kFirst;
  Bytes total = 1;
  for (const NodeId i : graph.nodes()) {
    if (!system_.before(0, i)) continue;
    nodes_.push_back(i);
    node_index_[i] = next++;
  }
  for (const BufferId b : graph.buffers()) {
    if (!system_.open(0, b)) continue;
    buffers_.push_back(b);
    buffer_index_[b] = next++;
    total += system_.sure_bytes(b);
    if (system_.needed(0, b)) needed_bytes_ += system_.sure_bytes(b);
  }
  max_price_ = (std::int64_t{1} << kPriceBits) / total;
  network_.emplace(next);
}

void MomentCut::add_arcs(const Scale& scale) {
  const Graph& graph = system_.graph();
  forbidden_.assign(nodes_.size(), 0);
  for (const BufferId b : buffers_) {
    if (system_.needed(0, b)) {
      need_.push_back({b, network_->add_arc(kSource, of(b))});
      network_->set_capacity(need_.back().arc, FlowNetwork::kInfinite);
    }
    keep_.push_back({b, network_->add_arc(of(b), of(graph.owner(b)))});
  }
  for (const NodeId i : nodes_) {
    forced_.push_back(network_->add_arc(kSource, of(i)));
    run_.push_back(network_->add_arc(of(i), kSink));
    const bool again = system_.replayable(0, i);
    cost_.push_back(again ? (graph.cost(i).time / scale.unit) << scale.log2
                          : FlowNetwork::kInfinite);
    if (!again) continue;
    for (const BufferId b : graph.reads(i)) {
      if (!system_.open(0, b)) continue;
      input_.push_back({i, b, network_->add_arc(of(i), of(b))});
      network_->set_capacity(input_.back().arc, FlowNetwork::kInfinite);
    }
  }
}

void MomentCut::force(NodeId i, bool runs_again) {
  const auto at = std::ranges::lower_bound(nodes_, i) - nodes_.begin();
  network_->set_capacity(forced_[static_cast<std::size_t>(at)],
                         runs_again ? FlowNetwork::kInfinite : 0);
}

void MomentCut::forbid(NodeId i, bool never) {
  const auto at = std::ranges::lower_bound(nodes_, i) - nodes_.begin();
  forbidden_[static_cast<std::size_t>(at)] = never;
}

CutLine MomentCut::evaluate(std::int64_t price, Context& context) {
  for (const KeepArc& keep : keep_)
    network_->set_capacity(keep.arc, price * system_.sure_bytes(keep.buffer));
  for (std::size_t p = 0; p < run_.size(); ++p)
    network_->set_capacity(run_[p], forbidden_[p] ? kNever : cost_[p]);
  const std::int64_t total = network_->solve(kSource, kSink, context);
  CutLine line{.price = price};
  for (const BufferId b : kept()) line.bytes += system_.sure_bytes(b);
  line.cost = total - price * line.bytes;
  return line;
}

Bytes MomentCut::least_bytes(Context& context) {
  for (const KeepArc& keep : keep_)
    network_->set_capacity(keep.arc, system_.sure_bytes(keep.buffer));
  for (std::size_t p = 0; p < run_.size(); ++p)
    network_->set_capacity(run_[p], cost_[p] == FlowNetwork::kInfinite ? cost_[p] : 0);
  return network_->solve(kSource, kSink, context);
}

std::optional<CutLine> MomentCut::maximise(std::int64_t guess, std::int64_t enough,
                                           Context& context) {
  const Bytes capacity = system_.capacity(0);
  CutLine low = keep_all();
  if (low.bytes <= capacity) return value(low, 0) > enough ? std::optional(low) : std::nullopt;
  std::int64_t price = std::clamp<std::int64_t>(guess, 1, max_price_);
  std::optional<CutLine> high;
  CutLine best = low;
  const auto meet = [&](const CutLine& a, const CutLine& b) {
    return (b.cost - a.cost) / std::max<std::int64_t>(a.bytes - b.bytes, 1);
  };
  while (true) {
    const CutLine line = evaluate(price, context);
    if (value(line, price) > value(best, best.price)) best = line;
    const bool rising = line.bytes > capacity;
    if (rising && !high) {
      low = line;
      if (price == max_price_) break;
      price = price > max_price_ / 4 ? max_price_ : price * 4;
      continue;
    }
    const bool found = rising ? line.bytes < low.bytes : !high || line.bytes > high->bytes;
    (rising ? low : high.emplace(line)) = line;
    if (!found) break;
    const std::int64_t next = meet(low, *high);
    if (value(low, next + 1) <= enough) return std::nullopt;
    if (next == price || next <= low.price || next >= high->price) break;
    price = next;
  }
  if (value(best, best.price) <= enough) return std::nullopt;
  return best.price == 0 ? best : evaluate(best.price, context);
}

std::vector<Multiplier> MomentCut::multipliers(std::int64_t price) const {
  std::vector<Multiplier> list;
  if (price > 0) list.push_back({{.kind = RowKind::capacity}, price});
  for (const KeepArc& need : need_) {
    const std::int64_t flow = network_->flow(need.arc);
    if (flow > 0) list.push_back({{.kind = RowKind::need, .buffer = need.buffer}, flow});
  }
  for (const InputArc& input : input_) {
    const std::int64_t flow = network_->flow(input.arc);
    if (flow > 0)
      list.push_back({{.kind = RowKind::input, .node = input.node, .buffer = input.buffer}, flow});
  }
  return list;
}

std::vector<NodeId> MomentCut::recomputed() const {
  std::vector<NodeId> chosen;
  for (const NodeId i : nodes_) {
    if (network_->on_source_side(of(i))) chosen.push_back(i);
  }
  return chosen;
}

std::vector<BufferId> MomentCut::kept() const {
  std::vector<BufferId> chosen;
  for (const BufferId b : buffers_) {
    const bool asked = network_->on_source_side(of(b));
    if (asked && !network_->on_source_side(of(system_.graph().owner(b)))) chosen.push_back(b);
  }
  return chosen;
}

std::int64_t MomentCut::reduced_cost(NodeId i) const {
  const auto at = static_cast<std::size_t>(std::ranges::lower_bound(nodes_, i) - nodes_.begin());
  return cost_[at] - network_->flow(run_[at]);
}

}  // namespace hcb
