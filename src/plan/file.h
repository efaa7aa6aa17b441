// Plans and profiles in files.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"
#include "plan/step_profile.h"

namespace hcb {

// All of the file at `path`, or of stdin for "-". Errors (bad_input, naming the file): not there, a
// directory, unreadable, empty, larger than 2 GiB.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

// Reads the plan at `path`, or JSON from stdin for "-". Protobuf where the name ends in ".pb", JSON
// otherwise. Errors (bad_input, naming the file): those of read_text_file, plan_from_json and
// plan_from_protobuf.
//
// A certificate that is kept beside the plan, in bound_path(path), comes with it where that file can
// be read; where not, plan.bound->certificate stays empty and the plan is as good without its proof.
[[nodiscard]] Result<Plan> read_plan(const std::string& path);

// The plan that the bytes of `path` are, read already; errors as above. Protobuf is known by the name
// or, from stdin, by how it begins.
[[nodiscard]] Result<Plan> parse_plan(std::string_view bytes, const std::string& path);

// Reads the profile at `path`, or from stdin for "-". Errors (bad_input): as above, and those of
// profile_from_json.
[[nodiscard]] Result<StepProfile> read_profile(const std::string& path);

// PLAN.bound: the certificate of the plan at `path`, as compact JSON and a line break.
[[nodiscard]] std::string bound_path(const std::string& path);

// Is the plan's certificate in a file that was not read?
[[nodiscard]] bool kept_apart(const Plan& plan);

// Takes a certificate of more than kInlineCertificate bytes out of the plan: the text of its
// PLAN.bound. Empty: the certificate is small (or there is none) and stays.
[[nodiscard]] std::string take_certificate(Plan& plan);
inline constexpr std::size_t kInlineCertificate = std::size_t{16} << 10;

}  // namespace hcb
