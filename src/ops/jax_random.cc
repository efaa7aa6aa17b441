// Random numbers. Keys are values, so nothing here draws from a generator: the same key gives the
// same bits, and a replay needs nothing but the key. Threefry-2x32: 20 rounds of an addition, a
// rotation (2 shifts, 1 or) and an exclusive or on two words, with 5 key injections of 3 additions.
#include <array>

#include "ops/aten_rules.h"
#include "ops/jax_rules.h"

namespace hcb::internal {
namespace {

constexpr std::int64_t kBlock = 20 * 5 + 5 * 3;  // operations on two words

// One block per element of the output.
constexpr OpRule blocks(std::string_view op) {
  return {.op = op, .grad_outputs = kNoPosition, .rate = kBlock};
}

constexpr OpRule words(std::string_view op) { return {.op = op, .grad_outputs = kNoPosition}; }

constexpr OpRule key_view(std::string_view op) {
  return {.op = op, .grad_outputs = kNoPosition, .view = [](const OpCall&) { return true; }};
}

constexpr std::array kRules = std::to_array<OpRule>({
    blocks("random_bits"),
    blocks("random_split"),
    blocks("random_fold_in"),
    blocks("threefry2x32"),
    words("random_seed"),
    words("iota_2x32_shape"),
    key_view("random_wrap"),
    key_view("random_unwrap"),
    key_view("random_clone"),
});

}  // namespace

std::span<const OpRule> jax_random_rules() { return kRules; }

}  // namespace hcb::internal
