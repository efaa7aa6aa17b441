#include "cli/output.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/file.h"

namespace hcb {

Result<void> print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return fail(ErrorKind::output,
                  fmt::format("standard output: cannot be written: {}", std::strerror(errno)));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<OutputSink> OutputSink::open(const std::string& path) {
  OutputSink sink;
  if (path == "-") return sink;
  HCB_TRY(AtomicFile file, AtomicFile::open(path));
  sink.file_ = std::move(file);
  return sink;
}

Result<void> OutputSink::write(std::string_view bytes) {
  if (!file_) return print(bytes);
  HCB_CHECK(file_->write(bytes));
  return file_->commit();
}

namespace {

PlanForm form_named(std::string_view format) {
  if (format == "dot") return PlanForm::dot;
  return format == "protobuf" ? PlanForm::protobuf : PlanForm::json;
}

}  // namespace

Result<PlanForm> plan_form(const std::string& path) {
  if (path.ends_with(".json")) return PlanForm::json;
  if (path.ends_with(".dot")) return PlanForm::dot;
  if (path.ends_with(".pb")) return PlanForm::protobuf;
  return fail(
      ErrorKind::usage,
      fmt::format("-o '{}': the extension decides the form and is none of .json, .dot, .pb", path),
      "write -o plan.json, or -o - for standard output");
}

Result<PlanSink> PlanSink::open(const std::string& path, const std::string& format) {
  PlanSink sink;
  sink.form_ = form_named(format);
  sink.to_stdout_ = path == "-" || (path.empty() && format != "text");
  if (path.empty() || path == "-") return sink;
  HCB_TRY(sink.form_, plan_form(path));
  HCB_TRY(AtomicFile file, AtomicFile::open(path));
  const bool proves = file.is_temporary() && sink.form_ != PlanForm::dot;
  sink.file_ = std::move(file);
  if (!proves) return sink;
  // Where there is no place for it the certificate stays in the plan.
  auto bound = AtomicFile::open(bound_path(path));
  if (bound && bound->is_temporary()) sink.bound_ = *std::move(bound);
  return sink;
}

Result<void> PlanSink::write_with_bound(std::string_view plan, std::string_view bound) {
  HCB_CHECK(file_->write(plan));
  HCB_CHECK(bound_->write(bound));
  return AtomicFile::commit_both(*std::move(bound_), *std::move(file_));
}

Result<void> PlanSink::write(std::string_view text) {
  if (to_stdout_) return print(text);
  if (!file_) return {};
  HCB_CHECK(file_->write(text));
  return file_->commit();
}

}  // namespace hcb
