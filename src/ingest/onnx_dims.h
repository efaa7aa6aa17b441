// Symbolic dimensions: a dim_param is a name, or an expression over names as exporters write them.
//
//     "batch"        names batch          8              for batch = 8
//     "2*batch + 1"  names batch          17
//     "seq // 2"     names seq            512            for seq = 1024; // rounds down
//     "batch size"   one opaque name, bound by --dim 'batch size=8'
//
// A '-' between two letters without spaces belongs to the name ("batch-size"); "seq - 1" and
// "seq-1" subtract.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hcb {

using DimBinding = std::map<std::string, std::int64_t, std::less<>>;

class DimExpression {
 public:
  // Never fails: what is no expression becomes one opaque name. O(|text|).
  [[nodiscard]] static DimExpression parse(std::string_view text);

  [[nodiscard]] const std::vector<std::string>& symbols() const {
    return symbols_;
  }  // distinct, as they appear
  [[nodiscard]] bool is_symbol() const { return steps_.size() == 1 && steps_[0].kind == 'n'; }

  // nullopt: a name is not bound, a division by zero, an overflow, or a result below zero. A
  // binding of the whole text takes precedence over its names.
  [[nodiscard]] std::optional<std::int64_t> evaluate(const DimBinding& binding) const;

 private:
  // Reverse Polish: 'n' pushes symbol number, 'i' pushes number, + - * / (round down) pop two.
  struct Step {
    char kind;
    std::int64_t number;
  };

  friend class DimParser;
  std::string text_;
  std::vector<Step> steps_;
  std::vector<std::string> symbols_;
};

}  // namespace hcb
