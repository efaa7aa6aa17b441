// Random shape arithmetic and random dim expressions against direct evaluation.
#include "ingest/onnx.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "ingest/onnx_dims.h"
#include "support/onnx_models.h"

namespace hcb {
namespace {

using test::OnnxModel;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// A random expression over `names` and its value, as text with every operation in parentheses.
struct Expression {
  std::string text;
  std::int64_t value;
};

Expression random_expression(Prng& prng, const std::vector<Expression>& leaves) {
  std::vector<Expression> terms = leaves;
  for (int i = 0; i < 8; ++i) {
    const Expression a = terms[prng.below(terms.size())];
    const Expression b = terms[prng.below(terms.size())];
    const auto joined = [&](const char* operation) {
      return "(" + a.text + operation + b.text + ")";
    };
    const std::uint64_t kind = prng.below(4);
    if (kind == 0) terms.push_back({joined(" + "), a.value + b.value});
    if (kind == 1) terms.push_back({joined(" - "), a.value - b.value});
    if (kind == 2 && std::abs(a.value) < 1000 && std::abs(b.value) < 1000) {
      terms.push_back({joined("*"), a.value * b.value});
    }
    if (kind == 3 && b.value != 0 && b.value != -1)
      terms.push_back({joined("//"), floor_divide(a.value, b.value)});
  }
  return terms.back();
}

// y = Expand(w, [size]) with the size computed by random integer nodes from the shape of x; what is
// `size`?
std::int64_t add_random_arithmetic(OnnxModel& m, Prng& prng, std::int64_t rows,
                                   std::int64_t columns) {
  m.integers("i0", {0}).integers("i1", {1}).integers("low", {1}).integers("high", {1 << 20});
  m.node("Shape", {"x"}, {"s"})
      .node("Gather", {"s", "i0"}, {"t0"})
      .node("Gather", {"s", "i1"}, {"t1"});
  std::vector<std::int64_t> values{rows, columns};
  for (int i = 2; i < 20; ++i) {
    const std::size_t a = prng.below(values.size());
    const std::size_t b = prng.below(values.size());
    const auto add = [&](const char* op, std::int64_t value) {
      m.node(op, {"t" + std::to_string(a), "t" + std::to_string(b)},
             {"t" + std::to_string(values.size())});
      values.push_back(value);
    };
    const std::uint64_t kind = prng.below(6);
    if (kind == 0) add("Add", values[a] + values[b]);
    if (kind == 1) add("Sub", values[a] - values[b]);
    if (kind == 2 && std::abs(values[a]) < 10000 && std::abs(values[b]) < 10000)
      add("Mul", values[a] * values[b]);
    if (kind == 3 && values[b] != 0) add("Div", values[a] / values[b]);
    if (kind == 4) add("Max", std::max(values[a], values[b]));
    if (kind == 5) add("Min", std::min(values[a], values[b]));
  }
  m.node("Max", {"t" + std::to_string(values.size() - 1), "low"}, {"atleast"});
  m.node("Min", {"atleast", "high"}, {"size"});
  return std::clamp<std::int64_t>(values.back(), 1, 1 << 20);
}

TEST_CASE("random dim expressions evaluate as computed directly") {
  CHECK(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const std::vector<Expression> leaves{{"batch", 7}, {"seq", 120}, {"2", 2}, {"31", 31}};
    const Expression expression = random_expression(prng, leaves);
    const auto value = DimExpression::parse(expression.text).evaluate({{"batch", 7}, {"seq", 120}});
    if (expression.value < 0) {
      RC_ASSERT_FALSE(value.has_value());
    } else {
      RC_ASSERT(value == expression.value);
    }
  }));
}

TEST_CASE("random shape arithmetic folds to the size computed directly") {
  CHECK(rc::check([](std::uint64_t seed) {
    Prng prng(seed);
    const auto rows = static_cast<std::int64_t>(1 + prng.below(500));
    const auto columns = static_cast<std::int64_t>(1 + prng.below(500));
    OnnxModel m;
    m.input("x", {rows, columns}).weight("w", {1});
    const std::int64_t size = add_random_arithmetic(m, prng, rows, columns);
    m.node("Expand", {"w", "size"}, {"e"}).node("Relu", {"x"}, {"r"}).output("e").output("r");
    const auto model = parse_onnx(m.bytes(), "m.onnx", {});
    RC_ASSERT(model.has_value());
    const auto e = std::ranges::find(model->values, "e", &ForwardValue::name);
    RC_ASSERT(e != model->values.end());
    RC_ASSERT(e->shape == std::vector<std::int64_t>{size});
  }));
}

}  // namespace
}  // namespace hcb
