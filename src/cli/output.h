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

// Where a text or any other bytes go: "-" (standard output) or a file, opened before any work is done.
class OutputSink {
 public:
  [[nodiscard]] static Result<OutputSink> open(const std::string& path);
  [[nodiscard]] Result<void> write(std::string_view bytes);  // once

 private:
  std::optional<AtomicFile> file_;  // nullopt: standard output
};

enum class PlanForm { json, dot, protobuf };

// The form that a file name's extension asks for. Error (usage): another extension.
[[nodiscard]] Result<PlanForm> plan_form(const std::string& path);

// Where `-o` points, opened before any work is done.
class PlanSink {
 public:
  // `path` as after -o: empty (no plan is written), "-" (standard output), or a file. `format`:
  // text, json, protobuf or dot.
  [[nodiscard]] static Result<PlanSink> open(const std::string& path, const std::string& format);

  [[nodiscard]] bool wanted() const { return to_stdout_ || file_.has_value(); }
  [[nodiscard]] bool to_stdout() const { return to_stdout_; }
  [[nodiscard]] PlanForm form() const { return form_; }
  [[nodiscard]] Result<void> write(std::string_view text);  // once
  // Can a certificate stand beside the plan, in bound_path(path)?
  [[nodiscard]] bool has_place_for_bound() const { return bound_.has_value(); }
  // Both files or none; instead of write().
  [[nodiscard]] Result<void> write_with_bound(std::string_view plan, std::string_view bound);

 private:
  bool to_stdout_ = false;
  PlanForm form_ = PlanForm::json;
  std::optional<AtomicFile> file_;
  std::optional<AtomicFile> bound_;  // beside file_, where that is a file with a proof
};

}  // namespace hcb
