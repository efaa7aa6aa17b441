// From the tree of strict_json.h to a Plan.
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/json.h"
#include "plan/json_reader.h"

namespace hcb {
namespace {

using Place = JsonPlace;

constexpr JsonFormat kFormat{.format = "hcb-plan",
                             .what = "plan",
                             .major = kPlanFormatMajor,
                             .minor = kPlanFormatMinor,
                             .help_other = "give a file that `hcb plan -o` wrote"};

class Reader : private JsonReader {
 public:
  using JsonReader::JsonReader;

  [[nodiscard]] Result<Plan> plan(const Json& root) const {
    const Place top;
    HCB_CHECK(versions(root, top));
    Plan plan;
    HCB_CHECK(summary(root, top, plan));
    HCB_CHECK(bound_of(root, top, plan));
    HCB_CHECK(search(root, top, plan));
    HCB_CHECK(options(root, top, plan.options));
    HCB_CHECK(meta(root, top, plan));
    HCB_CHECK(structure(root, top, plan));
    HCB_CHECK(graph(root, top, plan.graph));
    HCB_CHECK(steps(root, top, plan.steps));
    return plan;
  }

 private:
  [[nodiscard]] Result<void> versions(const Json& root, const Place& top) const {
    HCB_CHECK(format(root, kFormat));
    HCB_TRY(const std::int64_t model, count(root, top, "memory_model"));
    if (model == kMemoryModel) return {};
    return wrong(top, fmt::format("made for memory model {}; this program counts by model {}",
                                  model, kMemoryModel));
  }

  [[nodiscard]] Result<void> summary(const Json& root, const Place& top, Plan& plan) const {
    HCB_TRY(plan.strategy, word(root, top, "strategy"));
    HCB_TRY(plan.status, status(root, top));
    if (const Json* const budget = find(root, "budget_bytes")) {
      // Headroom larger than the budget leaves less than nothing.
      HCB_TRY(plan.budget, integer(*budget, top.in("budget_bytes"), -kMost, kMost));
    }
    HCB_TRY(plan.peak, count(root, top, "peak_bytes"));
    HCB_TRY(plan.base_peak, count(root, top, "base_peak_bytes"));
    HCB_TRY(plan.extra_time, count(root, top, "extra_time_ns"));
    HCB_TRY(plan.base_time, count(root, top, "base_time_ns"));
    return {};
  }

  [[nodiscard]] Result<PlanStatus> status(const Json& root, const Place& top) const {
    HCB_TRY(const std::string found, word(root, top, "status"));
    if (const auto status = plan_status_named(found)) return *status;
    return wrong(top.in("status"),
                 fmt::format("expected feasible, over_budget, no_budget, optimal or interrupted, "
                             "found \"{}\"",
                             printable(found)));
  }

  [[nodiscard]] Result<void> bound_of(const Json& root, const Place& top, Plan& plan) const {
    const Json* const value = find(root, "bound");
    if (value == nullptr) return {};
    const Place place = top.in("bound");
    PlanBound bound;
    HCB_TRY(bound.extra_time, count(*value, place, "extra_time_ns"));
    HCB_TRY(bound.scope, scope(*value, place));
    HCB_CHECK(moment(*value, place, bound));
    HCB_CHECK(certificate(*value, place, bound));
    // Derived: read for its own sake alone, so that an edited one is found.
    HCB_TRY(const Json* const gap, need(root, top, "gap_ns"));
    HCB_TRY(const std::int64_t gap_ns, integer(*gap, top.in("gap_ns"), -kMost, kMost));
    if (gap_ns != plan.extra_time - bound.extra_time) {
      return wrong(top.in("gap_ns"), fmt::format("{}, but extra time less bound is {}", gap_ns,
                                                 plan.extra_time - bound.extra_time));
    }
    plan.bound = std::move(bound);
    return {};
  }

  [[nodiscard]] Result<Scope> scope(const Json& object, const Place& place) const {
    HCB_TRY(const std::string found, word(object, place, "scope"));
    if (const auto scope = scope_named(found)) return *scope;
    return wrong(place.in("scope"),
                 fmt::format("expected any_order, given_order or given_order_plain_gaps, found "
                             "\"{}\"",
                             printable(found)));
  }

  [[nodiscard]] Result<void> moment(const Json& object, const Place& place,
                                    PlanBound& bound) const {
    const Json* const value = find(object, "moment");
    if (value == nullptr) return {};
    HCB_TRY(const std::int64_t id, integer(*value, place.in("moment"), 0, kMostId));
    bound.moment = id_at<NodeId>(static_cast<std::size_t>(id));
    HCB_TRY(const Json* const price, need(object, place, "price"));
    const Place at = place.in("price");
    HCB_CHECK(row(*price, at, 2));
    HCB_TRY(bound.price_time, entry(*price, at, 0, 0, kMost));
    HCB_TRY(bound.price_bytes, entry(*price, at, 1, 1, kMost));
    return {};
  }

  [[nodiscard]] Result<void> certificate(const Json& object, const Place& place,
                                         PlanBound& bound) const {
    if (const Json* const hash = find(object, "certificate_hash")) {
      HCB_TRY(bound.certificate_hash, text(*hash, place.in("certificate_hash")));
      if (bound.certificate_hash.empty())
        return expected(place.in("certificate_hash"), "a hash", *hash);
    }
    const Json* const value = find(object, "certificate");
    if (value == nullptr) return {};
    if (!value->is_object()) return expected(place.in("certificate"), "an object", *value);
    bound.certificate = value->dump();
    return {};
  }

  [[nodiscard]] Result<void> search(const Json& root, const Place& top, Plan& plan) const {
    if (const Json* const estimate = find(root, "estimate_ns")) {
      HCB_TRY(plan.estimate, integer(*estimate, top.in("estimate_ns"), 0, kMost));
    }
    const Json* const value = find(root, "search");
    if (value == nullptr) return {};
    const Place place = top.in("search");
    HCB_TRY(const std::string reason, word(*value, place, "ended_by"));
    const auto known = stop_reason_named(reason);
    if (!known) {
      return wrong(place.in("ended_by"),
                   fmt::format("expected proved, work_limit, time_limit or interrupted, found "
                               "\"{}\"",
                               printable(reason)));
    }
    HCB_TRY(const std::int64_t work, count(*value, place, "work"));
    plan.search = SearchEnd{*known, work};
    return {};
  }

  [[nodiscard]] Result<void> options(const Json& root, const Place& top, Options& options) const {
    HCB_TRY(const Json* const object, need(root, top, "options"));
    const Place place = top.in("options");
    if (!object->is_object()) return expected(place, "an object", *object);
    for (const auto& [key, values] : object->get_ref<const Json::object_t&>()) {
      const OptionSpec* const spec = find_option(key);
      if (spec == nullptr) continue;  // a later minor version may know more
      HCB_CHECK(option(*spec, values, place.in(key), options));
    }
    return {};
  }

  [[nodiscard]] Result<void> option(const OptionSpec& spec, const Json& values, const Place& place,
                                    Options& options) const {
    if (values.is_array() && values.size() != 1 && !spec.repeatable) {
      return wrong(place, fmt::format("expected one value, found {}", values.size()));
    }
    return each(values, place, [&](const Json& item, const Place& at) -> Result<void> {
      HCB_TRY(const std::string value, text(item, at));
      const Result<void> read = spec.read(options, value);
      return read ? Result<void>{} : wrong(at, read.error().message, read.error().help);
    });
  }

  [[nodiscard]] Result<void> meta(const Json& root, const Place& top, Plan& plan) const {
    HCB_TRY(const Json* const object, need(root, top, "meta"));
    const Place place = top.in("meta");
    if (!object->is_object()) return expected(place, "an object", *object);
    for (const auto& [key, value] : object->get_ref<const Json::object_t&>()) {
      HCB_TRY(const std::int64_t number, integer(value, place.in(key), -kMost, kMost));
      plan.meta.emplace_back(key, number);
    }
    return {};
  }

  [[nodiscard]] Result<void> structure(const Json& root, const Place& top, Plan& plan) const {
    HCB_TRY(plan.save_nodes, ids_of<BufferId>(root, top, "save_nodes"));
    HCB_TRY(plan.forward_order, ids_of<NodeId>(root, top, "forward_order"));
    if (const Json* const projected = find(root, "projection")) {
      HCB_TRY(plan.projection, projection(*projected, top.in("projection")));
    }
    HCB_TRY(const Json* const blocks, need(root, top, "blocks"));
    HCB_CHECK(each(*blocks, top.in("blocks"), [&](const Json& item, const Place& at) {
      return append(plan.blocks, block(item, at));
    }));
    HCB_TRY(const Json* const tree, need(root, top, "interval_tree"));
    return each(*tree, top.in("interval_tree"), [&](const Json& item, const Place& at) {
      return append(plan.interval_tree, tree_node(item, at));
    });
  }

  template <class T>
  static Result<void> append(std::vector<T>& list, Result<T> item) {
    if (!item) return std::unexpected(std::move(item).error());
    list.push_back(*std::move(item));
    return {};
  }

  [[nodiscard]] Result<Projection> projection(const Json& value, const Place& place) const {
    Projection projection;
    HCB_TRY(projection.kept, ids_of<BufferId>(value, place, "kept"));
    HCB_TRY(projection.peak, count(value, place, "peak_bytes"));
    HCB_TRY(projection.extra_time, count(value, place, "extra_time_ns"));
    return projection;
  }

  [[nodiscard]] Result<Block> block(const Json& value, const Place& place) const {
    HCB_CHECK(row(value, place, 3));
    HCB_TRY(const std::int64_t first, entry(value, place, 0, 0, kMostId));
    HCB_TRY(const std::int64_t last, entry(value, place, 1, 0, kMostId));
    HCB_TRY(const std::int64_t frontier, entry(value, place, 2, 0, kMost));
    return Block{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last), frontier};
  }

  [[nodiscard]] Result<TreeNode> tree_node(const Json& value, const Place& place) const {
    HCB_CHECK(row(value, place, 3));
    HCB_TRY(const std::int64_t first, entry(value, place, 0, 0, kMostId));
    HCB_TRY(const std::int64_t last, entry(value, place, 1, 0, kMostId));
    TreeNode node{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last), {}};
    const Place children = place.at(2);
    HCB_CHECK(each(value[2], children, [&](const Json& item, const Place& at) -> Result<void> {
      HCB_TRY(const std::int64_t child, integer(item, at, 0, kMostId));
      node.children.push_back(static_cast<std::uint32_t>(child));
      return {};
    }));
    return node;
  }

  [[nodiscard]] Result<void> graph(const Json& root, const Place& top, GraphRecord& record) const {
    HCB_TRY(const Json* const object, need(root, top, "graph"));
    const Place place = top.in("graph");
    HCB_TRY(record.name, word(*object, place, "name"));
    HCB_TRY(record.fingerprint, word(*object, place, "fingerprint"));
    HCB_TRY(const Json* const nodes, need(*object, place, "nodes"));
    HCB_CHECK(each(*nodes, place.in("nodes"), [&](const Json& item, const Place& at) {
      return append(record.nodes, node_record(item, at));
    }));
    HCB_TRY(const Json* const buffers, need(*object, place, "buffers"));
    HCB_CHECK(each(*buffers, place.in("buffers"), [&](const Json& item, const Place& at) {
      return append(record.buffers, buffer_record(item, at));
    }));
    return places(*object, place, record);
  }

  // Since format 1.1.
  [[nodiscard]] Result<void> places(const Json& object, const Place& place,
                                    GraphRecord& record) const {
    if (find(object, "unnamed_fingerprint") != nullptr) {
      HCB_TRY(record.unnamed_fingerprint, word(object, place, "unnamed_fingerprint"));
    }
    const Json* const rows = find(object, "places");
    if (rows == nullptr) return {};
    HCB_TRY(record.modules, texts(object, place, "modules"));
    HCB_TRY(record.types, texts(object, place, "types"));
    HCB_CHECK(each(*rows, place.in("places"), [&](const Json& item, const Place& at) {
      return append(record.places, node_place(item, at, record));
    }));
    if (record.places.size() == record.nodes.size()) return {};
    return wrong(place.in("places"),
                 fmt::format("{} rows for {} nodes", record.places.size(), record.nodes.size()));
  }

  [[nodiscard]] Result<NodePlace> node_place(const Json& value, const Place& place,
                                             const GraphRecord& record) const {
    const auto last = [](const auto& list) { return static_cast<std::int64_t>(list.size()) - 1; };
    HCB_CHECK(row(value, place, 2));
    HCB_TRY(const std::int64_t module, entry(value, place, 0, 0, last(record.modules)));
    HCB_TRY(const std::int64_t type, entry(value, place, 1, 0, last(record.types)));
    return NodePlace{static_cast<std::uint32_t>(module), static_cast<std::uint32_t>(type)};
  }

  [[nodiscard]] Result<std::vector<std::string>> texts(const Json& object, const Place& place,
                                                       std::string_view key) const {
    std::vector<std::string> list;
    HCB_TRY(const Json* const array, need(object, place, key));
    HCB_CHECK(each(*array, place.in(key), [&](const Json& item, const Place& at) {
      return append(list, text(item, at));
    }));
    return list;
  }

  [[nodiscard]] Result<NodeRecord> node_record(const Json& value, const Place& place) const {
    HCB_CHECK(row(value, place, 3));
    NodeRecord node;
    HCB_TRY(node.name, text(value[0], place.at(0)));
    HCB_TRY(node.op, text(value[1], place.at(1)));
    HCB_TRY(node.digest, digest(value[2], place.at(2)));
    return node;
  }

  [[nodiscard]] Result<std::uint64_t> digest(const Json& value, const Place& place) const {
    HCB_TRY(const std::string hex, text(value, place));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
    const bool lower = hex.find_first_of("ABCDEF") == std::string::npos;
    const bool whole = error == std::errc{} && end == hex.data() + hex.size();
    if (whole && lower && hex.size() == 16) return number;
    return expected(place, "16 lower-case hex digits", value);
  }

  [[nodiscard]] Result<BufferRecord> buffer_record(const Json& value, const Place& place) const {
    HCB_CHECK(row(value, place, 3));
    BufferRecord buffer;
    HCB_TRY(buffer.name, text(value[0], place.at(0)));
    HCB_TRY(const std::int64_t owner, entry(value, place, 1, -1, kMostId));
    if (owner >= 0) buffer.owner = id_at<NodeId>(static_cast<std::size_t>(owner));
    HCB_TRY(buffer.bytes, entry(value, place, 2, 0, kMost));
    return buffer;
  }

  [[nodiscard]] Result<void> steps(const Json& root, const Place& top,
                                   std::vector<Step>& steps) const {
    HCB_TRY(const Json* const rows, need(root, top, "steps"));
    return each(*rows, top.in("steps"), [&](const Json& item, const Place& at) -> Result<void> {
      if (!item.is_array()) return expected(at, "an array", item);
      if (item.empty()) return wrong(at, "expected a node and what is freed behind it");
      // Only the first row may do without a node.
      HCB_TRY(const std::int64_t node, entry(item, at, 0, steps.empty() ? -1 : 0, kMostId));
      if (node >= 0) steps.push_back(Step::compute(id_at<NodeId>(static_cast<std::size_t>(node))));
      for (std::size_t i = 1; i < item.size(); ++i) {
        HCB_TRY(const std::int64_t buffer, entry(item, at, i, 0, kMostId));
        steps.push_back(Step::free(id_at<BufferId>(static_cast<std::size_t>(buffer))));
      }
      return {};
    });
  }
};

}  // namespace

Result<Plan> plan_from_json(std::string_view text, const std::string& file) {
  HCB_TRY(const Json root, parse_json(text, file));
  return Reader(file).plan(root);
}

}  // namespace hcb
