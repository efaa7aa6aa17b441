#include "generate/generate.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "generate/families.h"
#include "generate/random.h"
#include "generate/transformer.h"
#include "generate/u_net.h"

namespace hcb {
namespace {

constexpr std::size_t kWidest = 1'000'000;
constexpr std::size_t kDefaultTokens = 64;
constexpr std::size_t kMostTokens = 65'536;
constexpr std::size_t kDefaultLevels = 4;
constexpr std::size_t kMostLevels = 16;
constexpr std::int64_t kRandomElements = 16'384;

std::unexpected<Error> too_few(const GenerateRequest& request, std::string_view what,
                               std::size_t least) {
  return fail(ErrorKind::usage,
              fmt::format("--nodes '{}': {} needs at least {}", request.nodes, what, least));
}

// As many layers as fit.
Result<Graph> make_transformer(const GenerateRequest& request) {
  constexpr std::size_t kHead = 2;
  constexpr std::size_t kLayer = 18;
  if (request.nodes < kHead + kLayer) return too_few(request, "a transformer", kHead + kLayer);
  return transformer((request.nodes - kHead) / kLayer,
                     {.tokens = static_cast<std::int64_t>(request.width.value_or(kDefaultTokens)),
                      .training = request.training});
}

// As many convolutions in each level as fit.
Result<Graph> make_u_net(const GenerateRequest& request) {
  const std::size_t levels = request.width.value_or(kDefaultLevels);
  const std::size_t joints = 4 * levels;
  const std::size_t per_conv = 4 * levels + 2;
  if (request.nodes < joints + per_conv) {
    return too_few(request, fmt::format("a U-Net of {} levels", levels), joints + per_conv);
  }
  return u_net_graph(levels, (request.nodes - joints) / per_conv, request.training);
}

Result<Graph> make_random(const GenerateRequest& request) {
  const RandomGraphOptions options{.max_elements = kRandomElements};
  return request.training ? random_training(request.seed.value_or(0), request.nodes, options)
                          : random_forward(request.seed.value_or(0), request.nodes, options);
}

const std::array<Family, 10> kFamilies{{
    {"chain", "every node reads the one before it", {}, 1, 0, true, internal::make_chain},
    {"layered", "layers with random edges between neighbours and some skips",
     "mean nodes of a layer", 1, kWidest, true, internal::make_layered},
    {"series-parallel", "series and parallel compositions, chosen at random", "most branches", 2,
     kWidest, true, internal::make_series_parallel},
    {"u-net", "convolutions down and up, with a skip on every level", "levels", 1, kMostLevels,
     false, make_u_net},
    {"transformer", "decoder layers with residual sums and one mask for all", "tokens", 1,
     kMostTokens, false, make_transformer},
    {"dense", "blocks in which every node reads all before it", "nodes of a block", 1, 4096, true,
     internal::make_dense},
    {"wide", "one value, many branches, one node that joins them", "branches", 1, kWidest, true,
     internal::make_wide},
    {"long-range",
     "a chain whose second half reads the first again, in any order",
     {},
     1,
     0,
     true,
     internal::make_long_range},
    {"random", "random edges and every feature of the memory model", {}, 1, 0, true, make_random},
    {"adversarial", "an expander of equal nodes, which no blocks compress", "values drawn per node",
     1, 4096, true, internal::make_adversarial},
}};

Result<const Family*> find_family(std::string_view name) {
  const auto at = std::ranges::find(kFamilies, name, &Family::name);
  if (at != kFamilies.end()) return &*at;
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.emplace_back(family.name);
  return fail(ErrorKind::usage,
              fmt::format("unknown family '{}'{}", printable(name), did_you_mean(name, names)),
              fmt::format("families: {}", fmt::join(names, ", ")));
}

template <class Reads>
std::unexpected<Error> not_read(std::string_view option, const Family& family, Reads reads) {
  std::vector<std::string_view> names;
  for (const Family& other : kFamilies) {
    if (reads(other)) names.push_back(other.name);
  }
  return fail(ErrorKind::usage,
              fmt::format("--{}: family '{}' does not read it", option, family.name),
              fmt::format("families that do: {}", fmt::join(names, ", ")));
}

Result<void> check_request(const Family& family, const GenerateRequest& request) {
  if (request.nodes < 1 || request.nodes > kMostGeneratedNodes) {
    return fail(ErrorKind::usage,
                fmt::format("--nodes '{}': expected 1 to {}", request.nodes, kMostGeneratedNodes));
  }
  if (request.seed && !family.seeded)
    return not_read("seed", family, [](const Family& other) { return other.seeded; });
  if (!request.width) return {};
  if (family.width.empty())
    return not_read("width", family, [](const Family& other) { return !other.width.empty(); });
  if (*request.width >= family.least_width && *request.width <= family.most_width) return {};
  return fail(ErrorKind::usage,
              fmt::format("--width '{}': expected {} to {} ({} of family '{}')", *request.width,
                          family.least_width, family.most_width, family.width, family.name));
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

Result<Graph> generate(std::string_view name, const GenerateRequest& request) {
  HCB_TRY(const Family* family, find_family(name));
  HCB_CHECK(check_request(*family, request));
  return family->make(request);
}

}  // namespace hcb
