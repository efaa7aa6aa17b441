// The cheapest way through a window: A* over what is held of up to 64 buffers.
//
//     steps     s0    s1    s2         fixed executions; each reads, makes and leaves some room
//     gaps    ^     ^     ^     ^      in each, nodes may run again
//     held    {a}   {a b} {b}   {b}    what is in memory, as far as it is of the window
//
// A state is a gap and what is held there. One move runs the step behind the gap, or a node again, and
// lets go of as few buffers as it takes to make room.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"

namespace hcb::search {

using Mask = std::uint64_t;  // of the buffers of a window, by number

[[nodiscard]] constexpr Mask mask_bit(std::size_t i) { return Mask{1} << i; }

struct WindowStep {
  Mask reads = 0;
  Mask makes = 0;
  Mask donors = 0;  // read buffers whose storage a made one may take over
  Bytes room = 0;   // for the buffers of the window while it runs
  Bytes gap = 0;    // the same between the step before it and this one
};

// A node that may run again in the gaps [from, until).
struct WindowNode {
  Mask reads = 0;
  Mask makes = 0;
  Mask donors = 0;
  Nanos time = 0;
  Bytes workspace = 0;
  std::size_t from = 0;
  std::size_t until = 0;
};

struct Window {
  std::vector<WindowStep> steps;
  std::vector<WindowNode> nodes;  // each behind those that make what it reads
  std::vector<Bytes> bytes;       // by buffer
  Mask held = 0;                  // in front of the first step
  Mask outputs = 0;               // behind the last one
  Bytes gap = 0;                  // room there
};

struct WindowReplay {
  std::size_t gap = 0;  // the number of the step behind it
  std::size_t node = 0;
};

class WindowSearch {
 public:
  explicit WindowSearch(const Window& window);  // outlives the search

  // What runs again, in order, where that takes the least time and less than `below`; nullopt: there
  // is nothing that fits and takes less, or none was found within `states` states. Once per search.
  [[nodiscard]] std::optional<std::vector<WindowReplay>> run(Nanos below, std::size_t states);

  // States, and ways to make room: the unit of work.
  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  struct Key {
    std::size_t gap = 0;
    Mask held = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return static_cast<std::size_t>((key.held ^ (key.gap << 56)) * 0x9E3779B97F4A7C15u);
    }
  };
  struct Visit {
    Key key;
    Nanos spent = 0;
    std::uint32_t from = 0;
    std::uint32_t ran = kStep;  // the node that led here
    bool closed = false;
  };
  static constexpr std::uint32_t kStep = ~std::uint32_t{0};
  // (time at least, gaps left, found later first, visit).
  using Entry = std::tuple<Nanos, std::size_t, std::uint32_t, std::uint32_t>;

  void collect_needs();
  [[nodiscard]] Bytes total(Mask buffers) const;
  [[nodiscard]] bool is_dominated(const Visit& visit) const;
  [[nodiscard]] std::optional<Nanos> estimate(const Key& key) const;
  void expand(std::uint32_t at);
  void move(std::uint32_t at, std::uint32_t ran, std::size_t gap, Mask reads, Mask makes,
            Mask donors, Bytes room);
  void free_and_push(std::uint32_t at, std::uint32_t ran, std::size_t gap, Mask there, Mask items,
                     Bytes missing);
  void push(const Key& key, Nanos spent, std::uint32_t from, std::uint32_t ran);
  [[nodiscard]] std::vector<WindowReplay> path_to(std::uint32_t at) const;

  const Window& window_;
  std::vector<std::size_t> owner_;  // by buffer: the node that makes it again
  std::vector<Mask> useful_;        // by gap: buffers that something to come may read
  std::vector<Mask> needed_;        // by gap: and that no step makes first
  std::vector<Mask> made_;          // by gap: by the steps to come
  std::vector<Visit> visits_;
  std::unordered_map<Key, std::uint32_t, KeyHash> index_;
  std::vector<std::vector<std::uint32_t>> closed_;  // by gap
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  Nanos below_ = 0;
  std::uint64_t most_work_ = 0;
  std::uint64_t work_ = 0;
};

}  // namespace hcb::search
