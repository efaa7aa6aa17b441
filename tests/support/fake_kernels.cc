#include "support/fake_kernels.h"

#include <algorithm>
#include <cstring>

#include "base/prng.h"

namespace hcb::test {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return Prng(a * 0x9E3779B97F4A7C15ULL + b).next() ^ a;
}

std::uint64_t mix(std::uint64_t a, std::string_view text) {
  for (const char c : text) a = mix(a, static_cast<unsigned char>(c));
  return a;
}

struct Storage {
  ByteCounter& counter;
  Bytes bytes;
  std::uint64_t contents = 0;

  Storage(ByteCounter& c, Bytes n, std::uint64_t number) : counter(c), bytes(n), contents(number) {}
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage() { counter.give_back(bytes); }
};

struct Tensor {
  std::shared_ptr<Storage> storage;
  std::uint64_t view = 0;  // 0: the whole storage, else which view of it

  [[nodiscard]] std::uint64_t contents() const {
    return view == 0 ? storage->contents : mix(storage->contents, view);
  }
};

const Tensor& tensor(const Handle& handle) { return *static_cast<const Tensor*>(handle.get()); }

Handle handle_of(std::shared_ptr<Storage> storage, std::uint64_t view = 0) {
  return std::make_shared<Tensor>(std::move(storage), view);
}

// nullptr: refused.
std::shared_ptr<Storage> allocate(ByteCounter& counter, Bytes bytes, std::uint64_t contents) {
  if (!counter.take(bytes)) return nullptr;
  return std::make_shared<Storage>(counter, bytes, contents);
}

class FakeKernel final : public Kernel {
 public:
  FakeKernel(FakeKernels& set, const Graph& graph, NodeId node,
             const IdVector<BufferId, Bytes>& size)
      : set_(set), graph_(graph), node_(node), size_(size), name_(graph.name(node)) {}

  Result<void> run(const KernelCall& call, std::span<Handle> outputs) override {
    const std::uint64_t number = digest(call);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      HCB_TRY(outputs[k], output(call, k, mix(number, k + 1)));
    }
    const auto workspace = allocate(set_.counter, graph_.cost(node_).workspace, 0);
    if (workspace == nullptr) return refused(outputs);
    if (call.first && graph_.flags(node_).effect) {
      set_.state[name_] = mix(set_.state[name_], number);
      ++set_.effects[name_];
    }
    return {};
  }

  Result<Handle> view(std::size_t output, const Handle& base) override {
    ++set_.views[name_];
    return show(output, base);
  }

 private:
  // Order matters: inputs are read before any of them is overwritten.
  std::uint64_t digest(const KernelCall& call) {
    std::uint64_t number = mix(1, name_);
    for (const Handle* input : call.inputs)
      number = mix(number, input == nullptr ? 7 : tensor(*input).contents());
    return graph_.flags(node_).random ? mix(number, set_.generator.draw()) : number;
  }

  Result<Handle> output(const KernelCall& call, std::size_t k, std::uint64_t contents) {
    const ValueId v = graph_.outputs(node_)[k];
    const BufferId b = graph_.buffer(v);
    if (graph_.base_value(b) != v) return show(k, *call.inputs[base_input(b)]);
    if (call.takes_over[k] != kFreshStorage) return over(*call.inputs[at(call, k)], contents);
    auto storage = allocate(set_.counter, size_[b], contents);
    if (storage == nullptr) return fail(ErrorKind::limit, "refused");
    return handle_of(std::move(storage));
  }

  static std::size_t at(const KernelCall& call, std::size_t k) {
    return static_cast<std::size_t>(call.takes_over[k]);
  }

  static Handle over(const Handle& donor, std::uint64_t contents) {
    tensor(donor).storage->contents = contents;
    return handle_of(tensor(donor).storage);
  }

  [[nodiscard]] std::size_t base_input(BufferId b) const {
    const auto inputs = graph_.inputs(node_);
    const auto found = std::ranges::find_if(
        inputs, [&](ValueId x) { return x != kNone<ValueId> && graph_.buffer(x) == b; });
    return static_cast<std::size_t>(found - inputs.begin());
  }

  [[nodiscard]] Handle show(std::size_t k, const Handle& base) const {
    return handle_of(tensor(base).storage, mix(mix(tensor(base).view, name_), k + 1) | 1U);
  }

  static Result<void> refused(std::span<Handle> outputs) {
    for (Handle& output : outputs) output.reset();
    return fail(ErrorKind::limit, "refused");
  }

  FakeKernels& set_;
  const Graph& graph_;
  NodeId node_;
  const IdVector<BufferId, Bytes>& size_;
  std::string name_;
};

}  // namespace

std::vector<std::byte> FakeGenerator::save() {
  std::vector<std::byte> state(sizeof state_);
  std::memcpy(state.data(), &state_, sizeof state_);
  return state;
}

void FakeGenerator::restore(std::span<const std::byte> state) {
  std::memcpy(&state_, state.data(), sizeof state_);
}

std::uint64_t FakeGenerator::draw() { return state_ = mix(state_, 1); }

Result<std::unique_ptr<Kernel>> FakeKernels::make(const Graph& graph, NodeId node) {
  if (std::ranges::find(missing_ops, graph.op(node)) != missing_ops.end()) return nullptr;
  return std::make_unique<FakeKernel>(*this, graph, node, size_);
}

Result<void> FakeKernels::copy(const Handle& from, const Handle& to) {
  tensor(to).storage->contents = tensor(from).contents();
  return {};
}

IdVector<ValueId, Handle> FakeKernels::residents(const Graph& graph) {
  IdVector<ValueId, Handle> handles(graph.value_count());
  for (const BufferId b : graph.buffers()) {
    if (!graph.resident(b)) continue;
    const ValueId v = graph.base_value(b);
    handles[v] = handle_of(allocate(counter, size_[b], mix(3, graph.name(v))));
  }
  for (const ValueId v : graph.values()) {
    if (handles[v] != nullptr || graph.producer(v) != kNone<NodeId>) continue;
    const ValueId base = graph.base_value(graph.buffer(v));
    handles[v] = handle_of(tensor(handles[base]).storage, mix(5, graph.name(v)) | 1U);
  }
  return handles;
}

std::uint64_t FakeKernels::contents(const Handle& handle) { return tensor(handle).contents(); }

}  // namespace hcb::test
