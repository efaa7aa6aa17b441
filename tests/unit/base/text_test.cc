#include "base/text.h"

#include <climits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace hcb {
namespace {

const std::vector<std::string> kStrategies{"store-all", "periodic", "interval-tree"};

TEST_CASE("nearest match: least edit distance, the first on ties, none when too far") {
  CHECK(nearest_match("interval_tree", kStrategies) == "interval-tree");
  CHECK(nearest_match("peridoic", kStrategies) == "periodic");  // two replacements
  CHECK(nearest_match("storeall", kStrategies) == "store-all");
  CHECK(nearest_match("INTERVAL-tree", kStrategies) == "interval-tree");
  CHECK(nearest_match("budget", kStrategies).empty());
  CHECK(nearest_match("", kStrategies).empty());
  const std::vector<std::string> ties{"ab", "ac", "aa"};
  CHECK(nearest_match("ad", ties) == "ab");
  CHECK(nearest_match("ac", ties) == "ac");
  CHECK(nearest_match("x", {}).empty());
}

// A word of 9 letters may be 3 away, one of 6 or less 2.
TEST_CASE("nearest match: how far is too far") {
  const std::vector<std::string> words{"abcdefghi"};
  CHECK(nearest_match("xyzdefghi", words) == "abcdefghi");
  CHECK(nearest_match("wxyzefghi", words).empty());
  const std::vector<std::string> shorter{"abcdef"};
  CHECK(nearest_match("xycdef", shorter) == "abcdef");
  CHECK(nearest_match("xyzdef", shorter).empty());
}

TEST_CASE("did you mean") {
  CHECK(did_you_mean("revolv", kStrategies).empty());
  CHECK(did_you_mean("periodc", kStrategies) == ", did you mean 'periodic'?");
}

TEST_CASE("printable: control characters and bytes that are no UTF-8 are spelled out") {
  struct Case {
    std::string raw;
    std::string safe;
  };
  for (const auto& [raw, safe] : {Case{"plain name/0:1", "plain name/0:1"},
                                  {"", ""},
                                  {"tab\tline\n", "tab\\x09line\\x0a"},
                                  {"\x1b[31mred", "\\x1b[31mred"},
                                  {"del\x7f", "del\\x7f"},
                                  {std::string("nul\0!", 5), "nul\\x00!"},
                                  {"größe √ 名 😀", "größe √ 名 😀"},
                                  {"\xc2\x9b[31m", "\\xc2\\x9b[31m"},  // U+009B, a C1 control
                                  {"\xc2\xa0", "\xc2\xa0"},            // U+00A0
                                  {"\xff", "\\xff"},
                                  {"\x80", "\\x80"},
                                  {"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
                                  {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},           // overlong
                                  {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
                                  {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // > U+10FFFF
                                  {"cut \xe2\x88", "cut \\xe2\\x88"}}) {
    CHECK(printable(raw) == safe);
    CHECK(printable(safe) == safe);
  }
}

TEST_CASE("with_thousands") {
  CHECK(with_thousands(0) == "0");
  CHECK(with_thousands(999) == "999");
  CHECK(with_thousands(1204) == "1,204");
  CHECK(with_thousands(-999) == "-999");
  CHECK(with_thousands(-1000) == "-1,000");
  CHECK(with_thousands(124'439'808) == "124,439,808");
  CHECK(with_thousands(LLONG_MIN) == "-9,223,372,036,854,775,808");
}

TEST_CASE("shape_text") {
  CHECK(shape_text({}) == "scalar");
  CHECK(shape_text(std::vector<long>{8, 1024}) == "8x1024");
  CHECK(shape_text(std::vector<long>{0}) == "0");
}

TEST_CASE("glob_match") {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const auto& [pattern, text, matches] : {Case{"", "", true},
                                               {"", "a", false},
                                               {"*", "", true},
                                               {"*", "anything", true},
                                               {"?", "", false},
                                               {"?", "a", true},
                                               {"?", "ab", false},
                                               {"h.*.attn.w", "h.11.attn.w", true},
                                               {"h.*.attn.w", "h.11.mlp.w", false},
                                               {"*.bias", "a.bias.bias", true},
                                               {"*.bias", "a.bias.x", false},
                                               {"a*b*c", "aXbYbZc", true},
                                               {"a*b*c", "aXcYb", false},
                                               {"**a**", "bab", true},
                                               {"a?c*", "abc", true},
                                               {"*?", "", false},
                                               {"*?", "a", true},
                                               {"a*", "b", false},
                                               {"*", "*", true},
                                               {"[a]", "a", false}}) {
    CAPTURE(pattern);
    CAPTURE(text);
    CHECK(glob_match(pattern, text) == matches);
  }
}

// Backtracking over every star would take 2^20 steps here and more.
TEST_CASE("glob_match does not explode on many stars") {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  CHECK_FALSE(glob_match(pattern + "*b", std::string(2000, 'a')));
  CHECK(glob_match(pattern + "*", std::string(2000, 'a')));
}

TEST_CASE("split keeps empty parts") {
  using Parts = std::vector<std::string>;
  CHECK(split("a,b", ',') == Parts{"a", "b"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",a,,", ',') == Parts{"", "a", "", ""});
}

}  // namespace
}  // namespace hcb
