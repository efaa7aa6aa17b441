// The parameters of a jax primitive by jax's own names. Internal to src/torch.
//
// A parameter that is missing or of another kind throws std::invalid_argument naming it; a kernel
// turns that into an error that names its node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/calls.h"

namespace hcb::internal {

using Ints = std::vector<std::int64_t>;

class JaxParams {
 public:
  explicit JaxParams(const NodeCall& call) : call_(&call) {}

  [[nodiscard]] bool has(std::string_view name) const;  // given, and not as none
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  [[nodiscard]] bool flag(std::string_view name, bool otherwise) const;
  [[nodiscard]] std::optional<double> real(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise) const;
  [[nodiscard]] DType dtype(std::string_view name) const;  // undefined: none given
  [[nodiscard]] Ints integers(std::string_view name) const;
  [[nodiscard]] Ints integers(std::string_view name, std::size_t count) const;  // so many
  // A list of `count` lists of `width` integers.
  [[nodiscard]] std::vector<Ints> rows(std::string_view name, std::size_t count,
                                       std::size_t width) const;
  [[nodiscard]] Ints field(std::string_view record, std::string_view name) const;
  // ((a, b), (c, d)) with lists of integers a … d, in that order.
  [[nodiscard]] std::vector<Ints> nested(std::string_view name) const;

 private:
  [[nodiscard]] const Argument* find(std::string_view name) const;
  [[nodiscard]] const Argument& get(std::string_view name) const;

  const NodeCall* call_;
};

}  // namespace hcb::internal
