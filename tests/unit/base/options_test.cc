#include "base/options.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace hcb {
namespace {

using Values = std::vector<std::string>;

Error error_of(std::string_view option, std::string_view value) {
  Options options;
  const Result<void> result = find_option(option)->read(options, value);
  return result ? Error{ErrorKind::internal, "no error", {}} : result.error();
}

Options read_all(const OptionSpec& spec, const Values& values) {
  Options options;
  for (const std::string& value : values) {
    const auto result = spec.read(options, value);
    if (!result) FAIL(result.error().message);
  }
  return options;
}

// For every option: values as a person gives them, and as they are written.
struct Trip {
  const char* option;
  Values given;
  Values written;
};

const std::vector<Trip> kTrips{
    {"dim", {"batch=8", "seq=1024"}, {"batch=8", "seq=1024"}},
    {"dim", {"batch=8,seq=1024"}, {"batch=8", "seq=1024"}},
    {"dim", {"a=b=3"}, {"a=b=3"}},
    {"dim", {"max(a,b)=3,seq=8"}, {"max(a,b)=3", "seq=8"}},
    {"input-shape", {"x=8x3x224x224", "n=1"}, {"x=8x3x224x224", "n=1"}},
    {"batch", {"4", "8"}, {"8"}},
    {"output", {"loss", "logits"}, {"loss", "logits"}},
    {"train", {"*.w"}, {"*.w"}},
    {"freeze", {"h.0.*", "h.1.*"}, {"h.0.*", "h.1.*"}},
    {"eval-ops", {"keep"}, {"keep"}},
    {"eval-ops", {"train"}, {}},
    {"inference", {"true"}, {"true"}},
    {"activation-dtype", {"bf16"}, {"bf16"}},
    {"activation-dtype", {"as-stored"}, {}},
    {"master-weights", {"true"}, {"true"}},
    {"optimizer", {"adamw"}, {"adamw"}},
    {"optimizer", {"none"}, {}},
    {"device", {"h100"}, {"h100"}},
    {"device", {"a100-80g"}, {}},
    {"cost-model", {"fused"}, {"fused"}},
    {"costs", {"profile.json"}, {"profile.json"}},
    {"order", {"greedy"}, {"greedy"}},
    {"alignment", {"2MiB"}, {"2097152"}},
    {"alignment", {"512"}, {}},
    {"headroom", {"1GB"}, {"1000000000"}},
    {"memory-budget", {"62.5%"}, {"62.5%"}},
    {"memory-budget", {"8GiB"}, {"8589934592"}},
    {"strategy", {"interval-tree"}, {"interval-tree"}},
    {"block-size", {"32"}, {"32"}},
    {"block-size", {"32", "auto"}, {"auto"}},
    {"block-size", {"module"}, {"module"}},
    {"arity", {"3"}, {"3"}},
    {"slots", {"4"}, {"4"}},
    {"effort", {"fast"}, {"fast"}},
    {"effort", {"balanced"}, {}},
    {"keep-order", {"true"}, {"true"}},
    {"time-limit", {"10"}, {"10"}},
    {"work-limit", {"1000"}, {"1000"}},
};

TEST_CASE("every option is written as it is read, and at its default not at all") {
  std::map<std::string_view, int> tried;
  for (const Trip& trip : kTrips) {
    CAPTURE(trip.option);
    const OptionSpec* spec = find_option(trip.option);
    REQUIRE(spec != nullptr);
    const Options options = read_all(*spec, trip.given);
    CHECK(spec->write(options) == trip.written);
    CHECK(read_all(*spec, trip.written) == (trip.written.empty() ? Options{} : options));
    ++tried[spec->name];
  }
  for (const OptionSpec& spec : option_table()) {
    CAPTURE(spec.name);
    CHECK(tried.contains(spec.name));
    CHECK(spec.write(Options{}).empty());
  }
}

TEST_CASE("each option touches its own field only") {
  for (const Trip& trip : kTrips) {
    const OptionSpec* spec = find_option(trip.option);
    const Options options = read_all(*spec, trip.given);
    for (const OptionSpec& other : option_table()) {
      if (other.name != spec->name) CHECK(other.write(options).empty());
    }
  }
}

TEST_CASE("the table: distinct names without dashes, and a help text for each") {
  for (const OptionSpec& spec : option_table()) {
    CAPTURE(spec.name);
    CHECK(find_option(spec.name) == &spec);
    CHECK_FALSE(spec.name.starts_with("-"));
    CHECK_FALSE(spec.help.empty());
  }
  CHECK(find_option("no-such-option") == nullptr);
  CHECK(find_option("") == nullptr);
}

TEST_CASE("values that are refused name option, value and what is expected") {
  struct Case {
    const char* option;
    const char* value;
    const char* message;
  };
  for (const auto& [option, value, message] :
       {Case{"dim", "batch", "--dim 'batch': expected NAME=VALUE"},
        {"dim", "=8", "--dim '=8': expected NAME=VALUE"},
        {"dim", "batch=0", "--dim '0': expected a whole number >= 1"},
        {"dim", "batch=x", "--dim 'x': expected a whole number >= 1"},
        {"dim", "batch=", "--dim '': expected a whole number >= 1"},
        {"dim", "batch=8,", "--dim '': expected NAME=VALUE"},
        {"dim", "batch=-8", "--dim '-8': expected a whole number >= 1"},
        {"dim", "batch=1099511627777", "--dim '1099511627777': expected at most 2^40"},
        {"dim", "batch=99999999999999999999",
         "--dim '99999999999999999999': expected at most 2^40"},
        {"dim", "batch=-99999999999999999999",
         "--dim '-99999999999999999999': expected a whole number >= 1"},
        {"input-shape", "x=8x", "--input-shape '': expected a whole number >= 1"},
        {"input-shape", "8x3", "--input-shape '8x3': expected NAME=VALUE"},
        {"batch", "1.5", "--batch '1.5': expected a whole number >= 1"},
        {"block-size", "0", "--block-size '0': expected a whole number >= 1"},
        {"block-size", "Auto", "--block-size 'Auto': expected a whole number >= 1"},
        {"arity", "1", "--arity '1': expected a whole number >= 2"},
        {"alignment", "0", "--alignment '0': expected at least 1 byte"},
        {"alignment", "1K", "size '1K': 'K' is ambiguous, write KiB or KB"},
        {"memory-budget", "8G", "size '8G': 'G' is ambiguous, write GiB or GB"},
        {"optimizer", "adamW",
         "--optimizer 'adamW': expected one of none, sgd, momentum, adam, adamw, did you mean "
         "'adamw'?"},
        {"cost-model", "eager", "--cost-model 'eager': expected one of roofline, fused"},
        {"costs", "", "--costs '': expected a file"},
        {"order", "", "--order '': expected a name or a file"},
        {"eval-ops", "kep",
         "--eval-ops 'kep': expected one of train, keep, did you mean 'keep'?"}}) {
    CAPTURE(option);
    CAPTURE(value);
    CHECK(error_of(option, value).kind == ErrorKind::usage);
    CHECK(error_of(option, value).message == message);
  }
}

TEST_CASE("the largest size that is taken") {
  CHECK(read_all(*find_option("batch"), {"1099511627776"}).batch == std::int64_t{1} << 40);
}

}  // namespace
}  // namespace hcb
