#include "ops/onnx_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {

std::vector<OpCase> all_cases() {
  std::vector<OpCase> all;
  for (const auto& cases : {pointwise_cases(), movement_cases(), reduction_cases(),
                            contraction_cases(), attention_cases(), signal_cases(), window_cases(),
                            norm_cases(), rnn_cases(), blind_cases(), domain_cases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

namespace {

TEST_CASE("every row of the table has a case, and every case a row") {
  const auto rows = onnx_table();
  std::vector<char> covered(rows.size(), 0);
  for (const OpCase& op_case : all_cases()) {
    const OpRule* row = find_onnx_op(op_case.domain, op_case.op, op_case.opset);
    REQUIRE_MESSAGE(row != nullptr, op_case.op);
    covered[static_cast<std::size_t>(row - rows.data())] = 1;
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    CHECK_MESSAGE(covered[i], rows[i].op, " from opset ", rows[i].since, " has no case");
}

TEST_CASE("rows are sorted and their opsets do not overlap") {
  const auto rows = onnx_table();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const bool same_op = rows[i - 1].domain == rows[i].domain && rows[i - 1].op == rows[i].op;
    if (same_op) CHECK_MESSAGE(rows[i - 1].until <= rows[i].since, rows[i].op);
    const bool same_domain = rows[i - 1].domain == rows[i].domain;
    if (!same_op && same_domain) CHECK_MESSAGE(rows[i - 1].op < rows[i].op, rows[i].op);
  }
}

TEST_CASE("what is computed is said in words, and only that") {
  for (const OpRule& row : onnx_table()) {
    CHECK_MESSAGE((row.flops == nullptr) == row.formula.empty(), row.op);
    CHECK_MESSAGE((row.grad_flops == nullptr) == row.grad_formula.empty(), row.op);
    const bool scratch = row.workspace != nullptr || row.grad_workspace != nullptr;
    CHECK_MESSAGE(scratch != row.workspace_formula.empty(), row.op);
  }
}

TEST_CASE("lookup by domain, name and opset") {
  CHECK(find_onnx_op("", "Relu", 1) != nullptr);
  CHECK(find_onnx_op("ai.onnx", "Relu", 20) == find_onnx_op("", "Relu", 20));
  CHECK(find_onnx_op("com.microsoft", "Relu", 1) == nullptr);
  CHECK(find_onnx_op("", "relu", 20) == nullptr);
  CHECK(find_onnx_op("", "Gelu", 19) == nullptr);
  CHECK(find_onnx_op("", "Gelu", 20) != nullptr);
  CHECK(find_onnx_op("", "Upsample", 9) != nullptr);
  CHECK(find_onnx_op("", "Upsample", 10) == nullptr);
}

}  // namespace
}  // namespace hcb::test
