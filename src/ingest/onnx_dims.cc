// Operator precedence by the shunting-yard method (Dijkstra, 1961): one pass, an explicit stack, no
// recursion.
#include "ingest/onnx_dims.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace hcb {

class DimParser {
 public:
  explicit DimParser(std::string_view text) : text_(text) {}

  // nullopt: not an expression.
  std::optional<DimExpression> run() {
    bool want_operand = true;
    for (skip_spaces(); at_ < text_.size(); skip_spaces()) {
      const char c = text_[at_];
      if (want_operand && c == '(') {
        pending_.push_back('(');
        ++at_;
      } else if (want_operand) {
        if (!operand()) return std::nullopt;
        want_operand = false;
      } else if (c == ')') {
        if (!close()) return std::nullopt;
        ++at_;
      } else {
        if (!binary()) return std::nullopt;
        want_operand = true;
      }
    }
    if (want_operand) return std::nullopt;
    while (!pending_.empty()) {
      if (pending_.back() == '(') return std::nullopt;
      pop_operator();
    }
    return std::move(out_);
  }

 private:
  static bool is_letter(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  }
  static bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
  static bool is_name(char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == ':' || c == '?';
  }
  static int precedence(char c) { return c == '*' || c == '/' ? 2 : 1; }

  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool operand() { return is_digit(text_[at_]) ? number() : name(); }

  bool number() {
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    at_ = static_cast<std::size_t>(end - text_.data());
    if (error != std::errc{} || (at_ < text_.size() && is_name(text_[at_]))) return false;
    out_.steps_.push_back({'i', value});
    return true;
  }

  bool name() {
    if (!is_letter(text_[at_])) return false;
    const std::size_t begin = at_;
    const auto joins = [&](std::size_t i) {
      return text_[i] == '-' && i + 1 < text_.size() && is_letter(text_[i + 1]);
    };
    while (at_ < text_.size() && (is_name(text_[at_]) || joins(at_))) ++at_;
    push_symbol(std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  void push_symbol(std::string symbol) {
    const auto found = std::ranges::find(out_.symbols_, symbol);
    out_.steps_.push_back({'n', found - out_.symbols_.begin()});
    if (found == out_.symbols_.end()) out_.symbols_.push_back(std::move(symbol));
  }

  bool binary() {
    char c = text_[at_++];
    if (c == '/' && (at_ == text_.size() || text_[at_++] != '/')) return false;  // only "//"
    if (c != '+' && c != '-' && c != '*' && c != '/') return false;
    while (!pending_.empty() && pending_.back() != '(' &&
           precedence(pending_.back()) >= precedence(c))
      pop_operator();
    pending_.push_back(c);
    return true;
  }

  bool close() {
    while (!pending_.empty() && pending_.back() != '(') pop_operator();
    if (pending_.empty()) return false;
    pending_.pop_back();
    return true;
  }

  void pop_operator() {
    out_.steps_.push_back({pending_.back(), 0});
    pending_.pop_back();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string pending_;
  DimExpression out_;
};

namespace {

std::optional<std::int64_t> floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0 || b == -1) return std::nullopt;
  const std::int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

std::optional<std::int64_t> apply(char operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (operation) {
    case '+':
      return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case '-':
      return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case '*':
      return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    default:
      return floor_divide(a, b);
  }
}

}  // namespace

DimExpression DimExpression::parse(std::string_view text) {
  std::optional<DimExpression> parsed = DimParser(text).run();
  DimExpression expression = parsed ? *std::move(parsed) : DimExpression{};
  if (!parsed) {
    expression.symbols_.emplace_back(text);
    expression.steps_.push_back({'n', 0});
  }
  expression.text_ = text;
  return expression;
}

std::optional<std::int64_t> DimExpression::evaluate(const DimBinding& binding) const {
  if (const auto whole = binding.find(text_); whole != binding.end()) return whole->second;
  std::vector<std::int64_t> stack;
  for (const Step& step : steps_) {
    if (step.kind == 'i') {
      stack.push_back(step.number);
    } else if (step.kind == 'n') {
      const auto bound = binding.find(symbols_[static_cast<std::size_t>(step.number)]);
      if (bound == binding.end()) return std::nullopt;
      stack.push_back(bound->second);
    } else {
      const std::int64_t b = stack.back();
      stack.pop_back();
      const std::optional<std::int64_t> result = apply(step.kind, stack.back(), b);
      if (!result) return std::nullopt;
      stack.back() = *result;
    }
  }
  return stack.back() < 0 ? std::nullopt : std::optional(stack.back());
}

}  // namespace hcb
