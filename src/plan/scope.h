// Which schedules a bound speaks about.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hcb {

// Each is a subset of the one before it, so a bound of a scope holds in those behind it.
enum class Scope : std::uint8_t {
  any_order,               // all
  given_order,             // first executions in the given order
  given_order_plain_gaps,  // and between two base steps each node at most once, in the given order
};
[[nodiscard]] std::string_view name(Scope scope);
[[nodiscard]] std::optional<Scope> scope_named(std::string_view name);

}  // namespace hcb
