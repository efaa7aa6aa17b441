// What `hcb analyze --format json` wrote, read back as a side of a comparison. Every key is
// documented in docs/analyze-json.md.
#include <fmt/format.h>

#include "base/text.h"
#include "plan/json.h"
#include "plan/json_reader.h"
#include "report/analyze_json.h"
#include "report/diff_side.h"

namespace hcb {
namespace {

using Place = JsonPlace;

constexpr JsonFormat kFormat{.format = "hcb-analysis",
                             .what = "analysis",
                             .major = kAnalysisFormatMajor,
                             .minor = kAnalysisFormatMinor,
                             .help_other = "give a file that `hcb analyze --format json` printed"};

class Reader : private JsonReader {
 public:
  using JsonReader::JsonReader;

  [[nodiscard]] Result<DiffSide> side(const Json& root, std::string file) const {
    const Place top;
    HCB_CHECK(format(root, kFormat));
    HCB_CHECK(memory_model(root, top));
    DiffSide side{.kind = DiffKind::analysis, .file = std::move(file)};
    HCB_TRY(const Json* const model, need(root, top, "model"));
    HCB_TRY(side.model, word(*model, top.in("model"), "name"));
    HCB_CHECK(options(root, top, side.options));
    HCB_CHECK(fingerprints(root, top, side));
    HCB_CHECK(figures(root, top, side));
    HCB_CHECK(verdict(root, top, side));
    return side;
  }

 private:
  [[nodiscard]] Result<void> memory_model(const Json& root, const Place& top) const {
    HCB_TRY(const std::int64_t model, count(root, top, "memory_model"));
    if (model == kMemoryModel) return {};
    return wrong(top, fmt::format("made for memory model {}; this program counts by model {}",
                                  model, kMemoryModel));
  }

  [[nodiscard]] Result<void> options(const Json& root, const Place& top, Options& options) const {
    HCB_TRY(const Json* const rows, need(root, top, "options"));
    return each(*rows, top.in("options"), [&](const Json& item, const Place& at) -> Result<void> {
      HCB_TRY(const std::string key, word(item, at, "name"));
      HCB_TRY(const std::string value, word(item, at, "value"));
      const OptionSpec* const spec = find_option(key);
      if (spec == nullptr) return {};  // a later minor version may know more
      const Result<void> read = spec->read(options, value);
      return read ? Result<void>{} : wrong(at, read.error().message, read.error().help);
    });
  }

  // Since format 1.1.
  [[nodiscard]] Result<void> fingerprints(const Json& root, const Place& top,
                                          DiffSide& side) const {
    HCB_TRY(const Json* const graph, need(root, top, "graph"));
    const Place place = top.in("graph");
    if (!graph->is_object()) return expected(place, "an object", *graph);
    if (find(*graph, "fingerprint") == nullptr) return {};
    HCB_TRY(side.fingerprint, word(*graph, place, "fingerprint"));
    HCB_TRY(side.unnamed_fingerprint, word(*graph, place, "unnamed_fingerprint"));
    return {};
  }

  [[nodiscard]] Result<void> figures(const Json& root, const Place& top, DiffSide& side) const {
    HCB_TRY(const Json* const base, need(root, top, "base"));
    const Place place = top.in("base");
    AnalysisNumbers numbers;
    HCB_TRY(numbers.peak, count(*base, place, "peak"));
    HCB_TRY(numbers.resident, count(*base, place, "resident"));
    HCB_TRY(numbers.activations, count(*base, place, "activations"));
    HCB_TRY(numbers.gradients, count(*base, place, "gradients"));
    HCB_TRY(numbers.stash, count(*base, place, "stash"));
    HCB_TRY(numbers.workspace, count(*base, place, "workspace"));
    HCB_TRY(numbers.time, count(*base, place, "time_ns"));
    HCB_TRY(const Json* const bound, need(root, top, "bound"));
    HCB_TRY(numbers.memory_bound, count(*bound, top.in("bound"), "bytes"));
    side.figures = figures_of(numbers);
    HCB_CHECK(lowest(root, top, side));
    HCB_TRY(const Json* const alive, need(*base, place, "top"));
    return each(*alive, place.in("top"), [&](const Json& item, const Place& at) -> Result<void> {
      SidePeakValue value;
      HCB_TRY(value.name, word(item, at, "name"));
      HCB_TRY(value.bytes, count(item, at, "bytes"));
      side.at_peak.push_back(std::move(value));
      return {};
    });
  }

  [[nodiscard]] Result<void> lowest(const Json& root, const Place& top, DiffSide& side) const {
    HCB_TRY(const Json* const outlook, need(root, top, "outlook"));
    HCB_TRY(const Json* const lowest, need(*outlook, top.in("outlook"), "lowest"));
    HCB_TRY(const Bytes peak, count(*lowest, top.in("outlook.lowest"), "peak"));
    side.figures.push_back({"lowest-peak", Unit::bytes, peak});
    HCB_TRY(const Json* const inference, need(root, top, "inference_peak"));
    if (inference->is_null()) return {};
    HCB_TRY(const Bytes bytes, integer(*inference, top.in("inference_peak"), 0, kMost));
    side.figures.push_back({"inference-peak", Unit::bytes, bytes});
    return {};
  }

  [[nodiscard]] Result<void> verdict(const Json& root, const Place& top, DiffSide& side) const {
    HCB_TRY(const Json* const outlook, need(root, top, "outlook"));
    HCB_TRY(const Json* const verdict, need(*outlook, top.in("outlook"), "verdict"));
    if (verdict->is_null()) return {};
    HCB_TRY(std::string fit, word(*verdict, top.in("outlook.verdict"), "fit"));
    side.facts.emplace_back("verdict", std::move(fit));
    return {};
  }
};

}  // namespace

Result<DiffSide> side_of_analysis(std::string_view text, std::string file) {
  HCB_TRY(const Json root, parse_json(text, file));
  const Reader reader(file);
  return reader.side(root, file);
}

}  // namespace hcb
