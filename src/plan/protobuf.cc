// Field by field, in the order of plan.proto, there and back.
#include "plan/protobuf.h"

#include <limits>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include "base/text.h"
#include "hcb/v1/plan.pb.h"
#include "plan/json.h"
#include "plan/strict_json.h"

namespace hcb {
namespace {

constexpr std::uint32_t kMostId = std::numeric_limits<std::uint32_t>::max() - 1;

template <StrongId Id>
std::uint32_t number(Id id) {
  return static_cast<std::uint32_t>(index(id));
}

template <StrongId Id, class Field>
void write_ids(const std::vector<Id>& ids, Field* field) {
  field->Reserve(static_cast<int>(ids.size()));
  for (const Id id : ids) field->Add(number(id));
}

void write_graph(const GraphRecord& graph, v1::GraphRecord* out) {
  out->set_name(printable(graph.name));
  out->set_fingerprint(graph.fingerprint);
  for (const NodeRecord& node : graph.nodes) {
    v1::NodeRecord* const record = out->add_nodes();
    record->set_name(node.name);
    record->set_op(node.op);
    record->set_digest(node.digest);
  }
  for (const BufferRecord& buffer : graph.buffers) {
    v1::BufferRecord* const record = out->add_buffers();
    record->set_name(buffer.name);
    record->set_owner_plus_one(number(buffer.owner) + 1);  // kNone + 1 is 0
    record->set_bytes(buffer.bytes);
  }
  out->set_unnamed_fingerprint(graph.unnamed_fingerprint);
  for (const std::string& module : graph.modules) out->add_modules(module);
  for (const std::string& type : graph.types) out->add_types(type);
  for (const NodePlace& place : graph.places) {
    v1::NodePlace* const entry = out->add_places();
    entry->set_module(place.module);
    entry->set_type(place.type);
  }
}

void write_options(const Options& options, v1::Plan& out) {
  for (const OptionSpec& spec : option_table()) {
    const std::vector<std::string> values = spec.write(options);
    if (values.empty()) continue;
    v1::OptionValue* const option = out.add_options();
    option->set_name(std::string(spec.name));
    for (const std::string& value : values) option->add_values(printable(value));
  }
}

v1::PlanStatus to_proto(PlanStatus status) {
  switch (status) {
    case PlanStatus::feasible:
      return v1::PLAN_STATUS_FEASIBLE;
    case PlanStatus::over_budget:
      return v1::PLAN_STATUS_OVER_BUDGET;
    case PlanStatus::no_budget:
      return v1::PLAN_STATUS_NO_BUDGET;
    case PlanStatus::optimal:
      return v1::PLAN_STATUS_OPTIMAL;
    case PlanStatus::interrupted:
      return v1::PLAN_STATUS_INTERRUPTED;
  }
  return v1::PLAN_STATUS_UNSPECIFIED;
}

void write_summary(const Plan& plan, v1::Plan& out) {
  out.set_strategy(printable(plan.strategy));
  out.set_status(to_proto(plan.status));
  if (plan.budget) out.set_budget_bytes(*plan.budget);
  out.set_peak_bytes(plan.peak);
  out.set_base_peak_bytes(plan.base_peak);
  out.set_extra_time_ns(plan.extra_time);
  out.set_base_time_ns(plan.base_time);
  for (const auto& [key, value] : plan.meta) {
    v1::MetaEntry* const entry = out.add_meta();
    entry->set_key(printable(key));
    entry->set_value(value);
  }
}

void write_bound(const PlanBound& bound, v1::Bound* out) {
  out->set_extra_time_ns(bound.extra_time);
  out->set_scope(std::string(name(bound.scope)));
  if (bound.moment != kNone<NodeId>) {
    out->set_moment_plus_one(number(bound.moment) + 1);
    out->set_price_ns(bound.price_time);
    out->set_price_bytes(bound.price_bytes);
  }
  out->set_certificate_hash(bound.certificate_hash);
  out->set_certificate(bound.certificate);
}

void write_search(const Plan& plan, v1::Plan& out) {
  if (plan.bound) write_bound(*plan.bound, out.mutable_bound());
  if (plan.estimate) out.set_estimate_ns(*plan.estimate);
  if (!plan.search) return;
  out.mutable_search()->set_ended_by(std::string(name(plan.search->reason)));
  out.mutable_search()->set_work(plan.search->work);
}

void write_structure(const Plan& plan, v1::Plan& out) {
  write_ids(plan.save_nodes, out.mutable_save_nodes());
  write_ids(plan.forward_order, out.mutable_forward_order());
  for (const Block& block : plan.blocks) {
    v1::Block* const entry = out.add_blocks();
    entry->set_first(block.first);
    entry->set_last(block.last);
    entry->set_frontier_bytes(block.frontier);
  }
  for (const TreeNode& node : plan.interval_tree) {
    v1::TreeNode* const entry = out.add_interval_tree();
    entry->set_first(node.first);
    entry->set_last(node.last);
    for (const std::uint32_t child : node.children) entry->add_children(child);
  }
  if (!plan.projection) return;
  v1::Projection* const projection = out.mutable_projection();
  write_ids(plan.projection->kept, projection->mutable_kept());
  projection->set_peak_bytes(plan.projection->peak);
  projection->set_extra_time_ns(plan.projection->extra_time);
}

void write_steps(const std::vector<Step>& steps, v1::Plan& out) {
  for (const Step& step : steps) {
    v1::Step* const entry = out.add_steps();
    if (step.kind == StepKind::compute) {
      entry->mutable_compute()->set_node(step.id);
    } else {
      entry->mutable_free()->set_buffer(step.id);
    }
  }
}

class Reader {
 public:
  Reader(const v1::Plan& in, const std::string& file) : in_(in), file_(file) {}

  Result<Plan> read() && {
    HCB_CHECK(versions());
    HCB_CHECK(summary());
    HCB_CHECK(bound());
    HCB_CHECK(search());
    HCB_CHECK(options());
    HCB_CHECK(structure());
    HCB_CHECK(graph());
    HCB_CHECK(steps());
    return std::move(plan_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what, std::string help = {}) const {
    return fail(ErrorKind::bad_input, fmt::format("{}: {}", file_, what), std::move(help));
  }

  // A size or time of a field.
  [[nodiscard]] Result<std::int64_t> count(std::int64_t value, std::string_view field) const {
    if (value >= 0) return value;
    return wrong(fmt::format("{}: {} is negative", field, value));
  }

  template <StrongId Id, class Field>
  [[nodiscard]] Result<std::vector<Id>> ids_of(const Field& field, std::string_view name) const {
    std::vector<Id> ids;
    for (const std::uint32_t id : field) {
      if (id > kMostId) return wrong(fmt::format("{}: {} is out of range", name, id));
      ids.push_back(Id{id});
    }
    return ids;
  }

  Result<void> versions() {
    if (in_.version().major() > kPlanFormatMajor) {
      return wrong(fmt::format("plan format {}.{}; this program reads {}.{} and its minor versions",
                               in_.version().major(), in_.version().minor(), kPlanFormatMajor,
                               kPlanFormatMinor),
                   "use the version of hcb that wrote the plan, or plan again");
    }
    if (in_.version().major() < kPlanFormatMajor) return wrong("not a plan: it has no version");
    if (in_.memory_model() == kMemoryModel) return {};
    return wrong(fmt::format("made for memory model {}; this program counts by model {}",
                             in_.memory_model(), kMemoryModel));
  }

  Result<void> summary() {
    plan_.strategy = in_.strategy();
    HCB_TRY(plan_.status, status());
    if (in_.has_budget_bytes()) plan_.budget = in_.budget_bytes();
    HCB_TRY(plan_.peak, count(in_.peak_bytes(), "peak_bytes"));
    HCB_TRY(plan_.base_peak, count(in_.base_peak_bytes(), "base_peak_bytes"));
    HCB_TRY(plan_.extra_time, count(in_.extra_time_ns(), "extra_time_ns"));
    HCB_TRY(plan_.base_time, count(in_.base_time_ns(), "base_time_ns"));
    for (const v1::MetaEntry& entry : in_.meta())
      plan_.meta.emplace_back(entry.key(), entry.value());
    return {};
  }

  [[nodiscard]] Result<PlanStatus> status() const {
    switch (in_.status()) {
      case v1::PLAN_STATUS_FEASIBLE:
        return PlanStatus::feasible;
      case v1::PLAN_STATUS_OVER_BUDGET:
        return PlanStatus::over_budget;
      case v1::PLAN_STATUS_NO_BUDGET:
        return PlanStatus::no_budget;
      case v1::PLAN_STATUS_OPTIMAL:
        return PlanStatus::optimal;
      case v1::PLAN_STATUS_INTERRUPTED:
        return PlanStatus::interrupted;
      default:
        break;
    }
    return wrong(
        fmt::format("status: {} is none this program knows", static_cast<int>(in_.status())));
  }

  Result<void> bound() {
    if (!in_.has_bound()) return {};
    const v1::Bound& from = in_.bound();
    PlanBound bound;
    HCB_TRY(bound.extra_time, count(from.extra_time_ns(), "bound.extra_time_ns"));
    const auto scope = scope_named(from.scope());
    if (!scope) return wrong(fmt::format("bound.scope: no scope: {}", printable(from.scope())));
    bound.scope = *scope;
    if (from.moment_plus_one() > 0) {
      bound.moment = NodeId{from.moment_plus_one() - 1};
      HCB_TRY(bound.price_time, count(from.price_ns(), "bound.price_ns"));
      HCB_TRY(bound.price_bytes, count(from.price_bytes(), "bound.price_bytes"));
      if (bound.price_bytes == 0) return wrong("bound.price_bytes: 0 is out of range");
    }
    bound.certificate_hash = from.certificate_hash();
    if (!from.certificate().empty()) {
      HCB_TRY(const Json certificate,
              parse_json(from.certificate(), file_ + ": bound.certificate"));
      if (!certificate.is_object()) return wrong("bound.certificate: no object");
      bound.certificate = certificate.dump();
    }
    plan_.bound = std::move(bound);
    return {};
  }

  Result<void> search() {
    if (in_.has_estimate_ns()) {
      HCB_TRY(plan_.estimate, count(in_.estimate_ns(), "estimate_ns"));
    }
    if (!in_.has_search()) return {};
    const auto reason = stop_reason_named(in_.search().ended_by());
    if (!reason)
      return wrong(
          fmt::format("search.ended_by: no reason: {}", printable(in_.search().ended_by())));
    HCB_TRY(const std::int64_t work, count(in_.search().work(), "search.work"));
    plan_.search = SearchEnd{*reason, work};
    return {};
  }

  Result<void> options() {
    for (const v1::OptionValue& option : in_.options()) {
      const OptionSpec* const spec = find_option(option.name());
      if (spec == nullptr) continue;  // a later minor version may know more
      if (option.values_size() != 1 && !spec->repeatable) {
        return wrong(fmt::format("options.{}: expected one value, found {}", spec->name,
                                 option.values_size()));
      }
      for (const std::string& value : option.values()) {
        const Result<void> read = spec->read(plan_.options, value);
        if (!read) return wrong("options: " + read.error().message, read.error().help);
      }
    }
    return {};
  }

  Result<void> structure() {
    HCB_TRY(plan_.save_nodes, ids_of<BufferId>(in_.save_nodes(), "save_nodes"));
    HCB_TRY(plan_.forward_order, ids_of<NodeId>(in_.forward_order(), "forward_order"));
    for (const v1::Block& block : in_.blocks()) {
      HCB_TRY(const Bytes frontier, count(block.frontier_bytes(), "blocks.frontier_bytes"));
      plan_.blocks.push_back({block.first(), block.last(), frontier});
    }
    for (const v1::TreeNode& node : in_.interval_tree()) {
      plan_.interval_tree.push_back(
          {node.first(), node.last(), {node.children().begin(), node.children().end()}});
    }
    return in_.has_projection() ? projection() : Result<void>{};
  }

  Result<void> projection() {
    Projection projection;
    HCB_TRY(projection.kept, ids_of<BufferId>(in_.projection().kept(), "projection.kept"));
    HCB_TRY(projection.peak, count(in_.projection().peak_bytes(), "projection.peak_bytes"));
    HCB_TRY(projection.extra_time,
            count(in_.projection().extra_time_ns(), "projection.extra_time_ns"));
    plan_.projection = std::move(projection);
    return {};
  }

  Result<void> graph() {
    plan_.graph.name = in_.graph().name();
    plan_.graph.fingerprint = in_.graph().fingerprint();
    for (const v1::NodeRecord& node : in_.graph().nodes()) {
      plan_.graph.nodes.push_back({node.name(), node.op(), node.digest()});
    }
    for (const v1::BufferRecord& buffer : in_.graph().buffers()) {
      HCB_TRY(const Bytes bytes, count(buffer.bytes(), "graph.buffers.bytes"));
      plan_.graph.buffers.push_back({buffer.name(), NodeId{buffer.owner_plus_one() - 1}, bytes});
    }
    return places();
  }

  Result<void> places() {
    const v1::GraphRecord& from = in_.graph();
    GraphRecord& graph = plan_.graph;
    graph.unnamed_fingerprint = from.unnamed_fingerprint();
    graph.modules.assign(from.modules().begin(), from.modules().end());
    graph.types.assign(from.types().begin(), from.types().end());
    for (const v1::NodePlace& place : from.places()) {
      if (place.module() >= graph.modules.size() || place.type() >= graph.types.size()) {
        return wrong(fmt::format("graph.places[{}]: no such module or type", graph.places.size()));
      }
      graph.places.push_back({place.module(), place.type()});
    }
    if (graph.places.empty() || graph.places.size() == graph.nodes.size()) return {};
    return wrong(
        fmt::format("graph.places: {} rows for {} nodes", graph.places.size(), graph.nodes.size()));
  }

  Result<void> steps() {
    plan_.steps.reserve(static_cast<std::size_t>(in_.steps_size()));
    for (const v1::Step& step : in_.steps()) {
      const std::uint32_t id = step.has_compute() ? step.compute().node() : step.free().buffer();
      const bool variant = step.has_compute() && step.compute().variant_plus_one() != 0;
      if ((!step.has_compute() && !step.has_free()) || variant) {
        return wrong(
            fmt::format("steps[{}]: a kind of step this program does not know", plan_.steps.size()),
            "use the version of hcb that wrote the plan, or plan again");
      }
      if (id > kMostId) {
        return wrong(fmt::format("steps[{}]: {} is out of range", plan_.steps.size(), id));
      }
      plan_.steps.push_back({step.has_compute() ? StepKind::compute : StepKind::free, id});
    }
    return {};
  }

  const v1::Plan& in_;
  const std::string& file_;
  Plan plan_;
};

}  // namespace

std::string plan_to_protobuf(const Plan& plan) {
  v1::Plan out;
  out.mutable_version()->set_major(kPlanFormatMajor);
  out.mutable_version()->set_minor(kPlanFormatMinor);
  out.set_memory_model(kMemoryModel);
  write_graph(plan.graph, out.mutable_graph());
  write_options(plan.options, out);
  write_summary(plan, out);
  write_search(plan, out);
  write_structure(plan, out);
  write_steps(plan.steps, out);
  return out.SerializeAsString();
}

Result<Plan> plan_from_protobuf(std::string_view bytes, const std::string& file) {
  const google::protobuf::LogSilencer silence;  // the library writes to stderr by itself
  v1::Plan in;
  const bool fits = bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (!fits || !in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(ErrorKind::bad_input, file + ": not a protobuf plan, or cut off",
                "give a file that `hcb plan -o` wrote");
  }
  return Reader(in, file).read();
}

bool looks_like_plan(std::string_view bytes) {
  constexpr char kVersionField = '\x0A';      // field 1, a message
  constexpr char kMemoryModelField = '\x10';  // field 2, a number
  if (bytes.size() < 3 || bytes[0] != kVersionField) return false;
  const std::size_t next = 2 + static_cast<std::size_t>(static_cast<unsigned char>(bytes[1]));
  return next < bytes.size() && bytes[next] == kMemoryModelField;
}

}  // namespace hcb
