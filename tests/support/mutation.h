// Damaging files on purpose, the same way every time: what a fuzz test of every build does.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "base/prng.h"

namespace hcb::test {

// Walks down a random path of `top` and changes what is at its end: a number, a name, an element
// removed, repeated or moved. Fields named in `often` are taken more often than others.
void spoil(google::protobuf::Message& top, std::span<const std::string_view> often, Prng& prng);

// One to four bytes changed, taken out, repeated, or everything behind one cut off.
[[nodiscard]] std::string with_other_bytes(std::string bytes, Prng& prng);

// The contents of all files of tests/fuzz/corpus/<folder>, by name.
[[nodiscard]] std::vector<std::string> corpus(const std::string& folder);

}  // namespace hcb::test
