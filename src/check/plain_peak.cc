// Backwards over the nodes: what is live before a node is what it reads and what is used later,
// less what it makes. Every buffer is made once, so a last use met backwards is the end of its
// life.
#include "check/plain_peak.h"

#include <algorithm>

namespace hcb {
namespace {

class Backwards {
 public:
  Backwards(const Graph& graph, const IdVector<BufferId, Bytes>& size)
      : graph_(graph), size_(size), used_later_(graph.buffer_count(), 0) {
    for (const BufferId b : graph.buffers()) {
      if (graph.resident(b)) live_ += size[b];
      if (graph.is_output(b) && !graph.resident(b)) use(b);
    }
    peak_ = live_;
  }

  Wide run() && {
    for (std::size_t n = graph_.node_count(); n-- > 0;) pass(id_at<NodeId>(n));
    return peak_;
  }

 private:
  [[nodiscard]] bool in_resident_storage(BufferId b) const {
    return graph_.donor(b) != kNone<BufferId> && graph_.resident(graph_.donor(b));
  }
  [[nodiscard]] Wide counted(BufferId b) const { return in_resident_storage(b) ? 0 : size_[b]; }

  void use(BufferId b) {
    live_ += used_later_[b] ? 0 : counted(b);
    used_later_[b] = 1;
  }

  void pass(NodeId node) {
    Wide taken_over = 0;
    std::vector<BufferId> donors;
    for (const BufferId b : graph_.makes(node)) {
      use(b);
      const BufferId donor = graph_.donor(b);
      if (donor == kNone<BufferId> || graph_.resident(donor) || in_resident_storage(donor))
        continue;
      if (used_later_[donor] || size_[b] != size_[donor]) continue;
      if (std::ranges::find(donors, donor) != donors.end()) continue;
      donors.push_back(donor);
      taken_over += size_[b];
    }
    for (const BufferId b : graph_.reads(node)) use(b);
    peak_ = std::max(peak_, live_ + graph_.cost(node).workspace - taken_over);
    for (const BufferId b : graph_.makes(node)) live_ -= counted(b);
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  IdVector<BufferId, char> used_later_;
  Wide live_ = 0;
  Wide peak_ = 0;
};

}  // namespace

Wide plain_peak(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  return Backwards(graph, size).run();
}

}  // namespace hcb
