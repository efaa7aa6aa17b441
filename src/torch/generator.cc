#include "torch/generator.h"

#include <cstring>
#include <mutex>
#include <optional>
#include <type_traits>

#include <ATen/CPUGeneratorImpl.h>

namespace hcb {
namespace {

struct State {
  at::mt19937_data_pod engine;
  bool has_float = false;
  bool has_double = false;
  float next_float = 0;
  double next_double = 0;
};
static_assert(std::is_trivially_copyable_v<State>);

at::CPUGeneratorImpl& generator() {
  return *at::check_generator<at::CPUGeneratorImpl>(at::detail::getDefaultCPUGenerator());
}

class CpuRandomState final : public RandomState {
 public:
  [[nodiscard]] std::vector<std::byte> save() override {
    at::CPUGeneratorImpl& from = generator();
    const std::scoped_lock lock(from.mutex_);
    const auto next_float = from.next_float_normal_sample();
    const auto next_double = from.next_double_normal_sample();
    State state;
    std::memset(static_cast<void*>(&state), 0, sizeof(state));  // equal states, equal bytes
    const at::mt19937_data_pod engine = from.engine().data();
    state.engine.seed_ = engine.seed_;  // field by field: padding stays zero
    state.engine.left_ = engine.left_;
    state.engine.seeded_ = engine.seeded_;
    state.engine.next_ = engine.next_;
    state.engine.state_ = engine.state_;
    state.has_float = next_float.has_value();
    state.has_double = next_double.has_value();
    state.next_float = next_float.value_or(0);
    state.next_double = next_double.value_or(0);
    std::vector<std::byte> bytes(sizeof(state));
    std::memcpy(bytes.data(), &state, sizeof(state));
    return bytes;
  }

  void restore(std::span<const std::byte> bytes) override {
    State state;
    std::memcpy(static_cast<void*>(&state), bytes.data(), sizeof(state));
    at::mt19937 engine;
    engine.set_data(state.engine);
    at::CPUGeneratorImpl& to = generator();
    const std::scoped_lock lock(to.mutex_);
    to.set_engine(engine);
    to.set_next_float_normal_sample(state.has_float ? std::optional(state.next_float)
                                                    : std::nullopt);
    to.set_next_double_normal_sample(state.has_double ? std::optional(state.next_double)
                                                      : std::nullopt);
  }
};

}  // namespace

std::unique_ptr<RandomState> cpu_random_state() { return std::make_unique<CpuRandomState>(); }

}  // namespace hcb
