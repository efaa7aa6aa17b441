#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/fit_text.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<std::int64_t>& number) { return number ? Json(*number) : Json(); }

Json point_object(const FitPoint& point) {
  return {{"value", point.value},
          {"verdict", name(point.kind)},
          {"base_peak", point.base_peak},
          {"memory_bound", point.memory_bound},
          {"peak", point.peak},
          {"base_time_ns", point.base_time},
          {"extra_time_ns", point.extra_time},
          {"bound_extra_time_ns", or_null(point.bound_extra_time)},
          {"bound_scope", point.bound_extra_time ? Json(name(point.scope)) : Json()},
          {"proved", point.proved || point.kind == FitKind::does_not_fit},
          {"why", printable(point.why)},
          {"binds", printable(point.binds)}};
}

}  // namespace

std::string fit_json(const FitQuestion& question, const LargestFit& fit) {
  Json points = Json::array();
  for (const FitPoint& point : fit.points) points.push_back(point_object(point));
  const Json document{{"format", "hcb-fit"},
                      {"format_version", "1.1"},
                      {"model", printable(question.model)},
                      {"dim", printable(question.dim)},
                      {"memory_budget", question.options.memory_budget->bytes},
                      {"headroom", question.options.headroom},
                      {"max_extra_permyriad", or_null(question.max_extra_permyriad)},
                      {"largest", fit.largest},
                      {"largest_without_recomputation", fit.as_it_is},
                      {"interrupted", fit.interrupted},
                      {"points", std::move(points)}};
  return document.dump(2) + "\n";
}

}  // namespace hcb
