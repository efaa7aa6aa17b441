// Collects what the checker found; keeps the first 20 in full. Private to src/check.
#pragma once

#include <string>
#include <vector>

#include "check/check.h"

namespace hcb {

// Sums of bytes and times: fewer than 2^64 terms below 2^63 cannot overflow it.
using Wide = __int128;

class Findings {
 public:
  void add(Violation violation, std::string message) {
    ++count_;
    if (findings_.size() < kMostFindings) findings_.push_back({violation, std::move(message)});
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const std::string& first_message() const { return findings_.front().message; }

  // What was kept, and a last entry "… and N more" where something was not.
  [[nodiscard]] std::vector<Finding> take() && {
    const std::size_t dropped = count_ - findings_.size();
    if (dropped > 0) {
      const std::string more = "… and " + std::to_string(dropped) + " more";
      findings_.push_back({findings_.back().violation, more});
    }
    return std::move(findings_);
  }

 private:
  static constexpr std::size_t kMostFindings = 20;

  std::size_t count_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace hcb
