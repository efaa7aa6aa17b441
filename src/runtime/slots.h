// Where the handles of a run are: one slot per value, emptied buffer by buffer.
//
//     buffer   [x      ]  [y   z   ]        z is a view of y
//     slots     x: held    y: held          freed: y and z are empty
//                          z: empty         made again: y held, z empty until somebody reads it
//
// Invariant: the base value's slot is held exactly while the buffer is present; a view's slot is
// held only then, and is filled from its base when it is read.
#pragma once

#include <vector>

#include "graph/graph.h"
#include "runtime/kernel.h"

namespace hcb {

class Slots {
 public:
  Slots(const Graph& graph, const Kernels& kernels);

  void put(ValueId v, Handle handle) { handle_[v] = std::move(handle); }
  void clear(BufferId b);
  void clear_all();

  // The handle of v, made from its base if v is a view whose slot is empty. Error (internal, naming
  // the value): nothing holds its buffer; an error of the kernel. O(length of the chain of views).
  [[nodiscard]] Result<const Handle*> get(ValueId v);

  [[nodiscard]] std::size_t held() const;  // slots in use, O(values)

 private:
  struct ViewOf {
    ValueId base = kNone<ValueId>;  // the input of the producer that shares the buffer; kNone: none
    std::size_t output = 0;         // of the producer
  };
  [[nodiscard]] ViewOf view_of(ValueId v) const;

  const Graph& graph_;
  const Kernels& kernels_;
  IdVector<ValueId, Handle> handle_;
  Csr<BufferId, ValueId> values_;  // of each buffer
  std::vector<ValueId> chain_;
};

}  // namespace hcb
