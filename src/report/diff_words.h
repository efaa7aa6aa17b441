// What a comparison says in words, shared by its forms.
#pragma once

#include <string>
#include <vector>

#include "report/diff.h"
#include "report/diff_limits.h"

namespace hcb {

// What changed, first: "graph and options changed", "only the plan changed", "nothing changed", with
// a count of what became of the ops or of mere renames. No line break.
[[nodiscard]] std::string headline(const Diff& diff);

// "old.json (gpt2.onnx) -> new.json (gpt2.onnx)".
[[nodiscard]] std::string sides_words(const Diff& diff);

// "8.00 GiB", "26.2 ms", "1,204"; "none".
[[nodiscard]] std::string value_words(Unit unit, const std::optional<std::int64_t>& value);

// "+1.50 GiB (+18.8 %)", "-3", "unchanged"; empty where one side has no value.
[[nodiscard]] std::string change_words(Unit unit, const std::optional<std::int64_t>& before,
                                       const std::optional<std::int64_t>& after);

// "/fc1/MatMul (MatMul in fc1)"; printable.
[[nodiscard]] std::string op_words(const OpName& op);

// "64 B -> 128 B", "float32[8,64] -> float32[8,128]", one side alone, or both where they are equal.
[[nodiscard]] std::string op_bytes_words(const OpPair& pair);
[[nodiscard]] std::string op_type_words(const OpPair& pair);

// "8GiB -> 6GiB", "not given -> fast".
[[nodiscard]] std::string option_pair_words(const OptionPair& pair);

// "peak+2% is exceeded: 8.00 GiB -> 9.50 GiB, +1.50 GiB (+18.8 %)", or "… holds: …".
[[nodiscard]] std::string limit_words(const LimitOutcome& outcome);

// At execution 17: … runs in OLD, … in NEW.
[[nodiscard]] std::string order_words(const OrderChange& change);

// The entries of one kind, in their order.
[[nodiscard]] std::vector<const OpPair*> ops_that(const Diff& diff, OpChange change);

}  // namespace hcb
