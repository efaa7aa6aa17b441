// Standard output as a place that can fail, and where a plan goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "base/result.h"

namespace hcb {

// Writes all of `text` to standard output. Error (output): a closed pipe, a full disk.
[[nodiscard]] Result<void> print(std::string_view text);

enum class PlanForm { json, dot, protobuf };

// The form that a file name's extension asks for. Error (usage): another extension.
[[nodiscard]] Result<PlanForm> plan_form(const std::string& path);

// Where `-o` points, opened before any work is done.
class PlanSink {
 public:
  // `path` as after -o: empty (no plan is written), "-" (standard output), or a file. `format`:
  // text, json or dot.
  [[nodiscard]] static Result<PlanSink> open(const std::string& path, const std::string& format);

  [[nodiscard]] bool wanted() const { return to_stdout_ || file_.has_value(); }
  [[nodiscard]] bool to_stdout() const { return to_stdout_; }
  [[nodiscard]] PlanForm form() const { return form_; }
  [[nodiscard]] Result<void> write(std::string_view text);  // once

 private:
  bool to_stdout_ = false;
  PlanForm form_ = PlanForm::json;
  std::optional<AtomicFile> file_;
};

}  // namespace hcb
