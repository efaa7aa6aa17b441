#include "analysis/segments.h"

#include <algorithm>

namespace hcb {

SegmentLists::SegmentLists(const std::vector<MemoryStep>& steps)
    : lists_(steps.size()), next_(steps.size()) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto node = static_cast<std::uint32_t>(i);
    next_[i] = node;
    lists_[i].insert({.step = steps[i], .first = node, .last = node});
  }
}

// Segments that give memory back, by rising hill; then the others, by falling hill - change. Equal
// ones keep the order in which they were inserted.
bool SegmentLists::Ranking::operator()(const Segment& a, const Segment& b) const {
  const bool a_gives = a.step.change < 0;
  const bool b_gives = b.step.change < 0;
  if (a_gives != b_gives) return a_gives;
  if (a_gives) return a.step.hill < b.step.hill;
  return a.step.hill - a.step.change > b.step.hill - b.step.change;
}

SegmentLists::Segment SegmentLists::glued(const Segment& front, const Segment& back) {
  next_[front.last] = back.first;
  return {.step = {.hill = std::max(front.step.hill, front.step.change + back.step.hill),
                   .change = front.step.change + back.step.change},
          .first = front.first,
          .last = back.last};
}

// The smaller list is emptied into the greater, which then is `into`. Where segments rank equal,
// those of `into` stay in front.
void SegmentLists::take_all(List& into, List& from) {
  if (into.size() >= from.size()) {
    for (const Segment& segment : from) into.insert(segment);
  } else {
    // From the back, each in front of its equals.
    for (auto at = into.rbegin(); at != into.rend(); ++at) from.insert(from.lower_bound(*at), *at);
    std::swap(into, from);
  }
  from.clear();
}

void SegmentLists::join(std::size_t a, std::size_t b) {
  List& front = lists_[a];
  List& back = lists_[b];
  const Ranking before;
  // What stands between the two lists; grows while a neighbour ranks on the wrong side of it.
  if (before(*back.begin(), *front.rbegin())) {
    Segment middle = glued(*front.rbegin(), *back.begin());
    front.erase(std::prev(front.end()));
    back.erase(back.begin());
    for (bool grown = true; grown;) {
      grown = false;
      if (!front.empty() && before(middle, *front.rbegin())) {
        middle = glued(*front.rbegin(), middle);
        front.erase(std::prev(front.end()));
        grown = true;
      }
      if (!back.empty() && before(*back.begin(), middle)) {
        middle = glued(middle, *back.begin());
        back.erase(back.begin());
        grown = true;
      }
    }
    front.insert(middle);
  }
  take_all(front, back);
}

void SegmentLists::merge(std::size_t a, std::size_t b) { take_all(lists_[a], lists_[b]); }

void SegmentLists::append_to(std::vector<NodeId>& order, std::size_t list) const {
  for (const Segment& segment : lists_[list]) {
    std::uint32_t node = segment.first;
    order.push_back(id_at<NodeId>(node));
    while (node != segment.last) {
      node = next_[node];
      order.push_back(id_at<NodeId>(node));
    }
  }
}

}  // namespace hcb
