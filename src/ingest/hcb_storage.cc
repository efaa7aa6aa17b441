// A value made by a node is a view of an input, takes over an input's storage, or has storage of
// its own; equal storage indexes without one of the first two are an error, because a replay could
// then overwrite what somebody still reads.
//
// Overwriting a resident (an optimizer's update, a counter) is a donation from the resident: the
// graph then knows that its readers must not run afterwards. Where the graph cannot say so (a part
// of the resident, or the second write to it) the result is a view, and the node and everything
// that read the old contents may run once only.
#include "ingest/hcb_storage.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb::internal {
namespace {

bool has_effect(const v1::Node& node, v1::Effect effect) {
  return std::ranges::find(node.effects(), effect) != node.effects().end();
}

// Does any node overwrite what it is given?
bool overwrites(const v1::Graph& file) {
  return std::ranges::any_of(
      file.nodes(), [](const v1::Node& node) { return has_effect(node, v1::EFFECT_MUTATION); });
}

// Positions among the tensor arguments of one node, by value and by what shares their storage; the
// first one where there are several.
class ArgumentIndex {
 public:
  void assign(const v1::Node& node, const std::vector<std::int32_t>& root) {
    by_value_.clear();
    by_root_.clear();
    for (int i = 0; i < node.inputs_plus_one_size(); ++i) {
      const auto input = static_cast<std::int32_t>(node.inputs_plus_one(i)) - 1;
      if (input == kNoBase) continue;
      by_value_.emplace_back(input, i);
      by_root_.emplace_back(root[static_cast<std::size_t>(input)], i);
    }
    std::ranges::sort(by_value_);
    std::ranges::sort(by_root_);
  }

  // -1: no argument.
  [[nodiscard]] int of_value(std::int32_t value) const { return first(by_value_, value); }
  [[nodiscard]] int sharing(std::int32_t root) const { return first(by_root_, root); }

 private:
  using Positions = std::vector<std::pair<std::int32_t, int>>;

  static int first(const Positions& positions, std::int32_t key) {
    const auto at = std::ranges::lower_bound(positions, std::pair(key, 0));
    return at != positions.end() && at->first == key ? at->second : -1;
  }

  Positions by_value_;
  Positions by_root_;
};

class Finder {
 public:
  explicit Finder(const v1::Graph& file)
      : file_(file),
        root_(static_cast<std::size_t>(file.values_size()), kNoBase),
        first_user_(static_cast<std::size_t>(file.storages_size()), kNoBase),
        readers_(overwrites(file) ? root_.size() : 0),
        overwritten_(root_.size(), 0) {
    out_.view_of.assign(root_.size(), kNoBase);
    out_.producer.assign(root_.size(), -1);
    out_.output_position.assign(root_.size(), -1);
    out_.donates.resize(static_cast<std::size_t>(file.nodes_size()));
    out_.once.assign(out_.donates.size(), 0);
  }

  Result<HcbStorages> run() && {
    for (int v = 0; v < file_.values_size(); ++v) {
      if (file_.values(v).role() <= v1::ROLE_OPTIMIZER_STATE) HCB_CHECK(resident(v));
    }
    for (int n = 0; n < file_.nodes_size(); ++n) HCB_CHECK(node(n));
    return std::move(out_);
  }

 private:
  template <class T>
  static auto& at(std::vector<T>& items, std::int64_t i) {
    return items[static_cast<std::size_t>(i)];
  }

  [[nodiscard]] std::string value_name(std::int32_t v) const {
    return fmt::format("'{}'", printable(file_.values(v).name()));
  }

  [[nodiscard]] std::unexpected<Error> wrong(std::int32_t v, std::string_view field,
                                             std::string what) const {
    return fail(ErrorKind::bad_input,
                fmt::format("value {}: field {}: {}", value_name(v), field, what));
  }

  [[nodiscard]] std::unexpected<Error> wrong(const v1::Node& node, std::string_view field,
                                             std::string what) const {
    return fail(ErrorKind::bad_input,
                fmt::format("node '{}' ({}): field {}: {}", printable(node.name()),
                            printable(node.op()), field, what));
  }

  [[nodiscard]] bool is_resident(std::int32_t v) const {
    return file_.values(v).role() <= v1::ROLE_OPTIMIZER_STATE;
  }

  void own(std::int32_t v) {
    at(root_, v) = v;
    auto& first = at(first_user_, file_.values(v).storage());
    if (first == kNoBase) first = v;
  }

  void view(std::int32_t v, std::int32_t base) {
    at(out_.view_of, v) = base;
    at(root_, v) = at(root_, base);
  }

  Result<void> resident(std::int32_t v) {
    const std::int32_t first = at(first_user_, file_.values(v).storage());
    if (first == kNoBase) {
      own(v);
    } else {
      view(v, first);
    }
    const auto base = static_cast<std::int32_t>(file_.values(v).view_of_plus_one()) - 1;
    return base == kNoBase ? Result<void>{} : same_storage(v, base);
  }

  [[nodiscard]] Result<void> same_storage(std::int32_t v, std::int32_t base) const {
    const std::uint32_t own = file_.values(v).storage();
    const std::uint32_t other = file_.values(base).storage();
    if (own == other) return {};
    return wrong(
        v, "storage",
        fmt::format("{}, but it is a view of {} in storage {}", own, value_name(base), other));
  }

  Result<void> node(std::int32_t n) {
    const v1::Node& node = file_.nodes(n);
    for (int i = 0; i < node.outputs_size(); ++i) {
      at(out_.producer, node.outputs(i)) = n;
      at(out_.output_position, node.outputs(i)) = i;
    }
    const auto is_view = [&](auto v) { return file_.values(v).view_of_plus_one() != 0; };
    if (std::ranges::any_of(node.outputs(), is_view)) arguments_.assign(node, root_);
    donated_.assign(static_cast<std::size_t>(node.outputs_size()), 0);
    for (const v1::Donation& given : node.donates()) {
      at(out_.donates, n).push_back({.output = given.output(), .input = given.input()});
      at(donated_, given.output()) = 1;
    }
    if (node.replay() == v1::REPLAY_NEVER) at(out_.once, n) = 1;
    for (int i = 0; i < node.outputs_size(); ++i) HCB_CHECK(output(n, i));
    if (readers_.empty()) return {};
    for (const std::uint32_t plus_one : node.inputs_plus_one()) {
      if (plus_one != 0) at(readers_, at(root_, plus_one - 1)).push_back(n);
    }
    return {};
  }

  Result<void> output(std::int32_t n, int i) {
    const v1::Node& node = file_.nodes(n);
    const auto v = static_cast<std::int32_t>(node.outputs(i));
    const auto base = static_cast<std::int32_t>(file_.values(v).view_of_plus_one()) - 1;
    if (at(donated_, i) != 0) {
      if (base != kNoBase)
        return wrong(node, "donates",
                     fmt::format("output {} is a view of {}", i, value_name(base)));
      own(v);
      return {};
    }
    if (base != kNoBase) return view_output(n, i, base);
    const std::int32_t other = at(first_user_, file_.values(v).storage());
    if (other == kNoBase) {
      own(v);
      return {};
    }
    return wrong(v, "storage",
                 fmt::format("{} is that of {}, but {} is neither a view of it (field "
                             "view_of_plus_one) nor takes it over (field donates of node '{}')",
                             file_.values(v).storage(), value_name(other), value_name(v),
                             printable(node.name())));
  }

  // The base, or an argument of the node that shares its storage.
  Result<std::int32_t> argument_with(const v1::Node& node, std::int32_t v, std::int32_t base) {
    if (arguments_.of_value(base) >= 0) return base;
    const std::int32_t root = at(root_, base);
    const int found = root == kNoBase ? -1 : arguments_.sharing(root);
    if (found >= 0) return static_cast<std::int32_t>(node.inputs_plus_one(found)) - 1;
    return wrong(v, "view_of_plus_one",
                 fmt::format("a view of {}, which shares no storage with an argument of node '{}'",
                             value_name(base), printable(node.name())));
  }

  Result<void> view_output(std::int32_t n, int i, std::int32_t named) {
    const v1::Node& node = file_.nodes(n);
    const auto v = static_cast<std::int32_t>(node.outputs(i));
    HCB_CHECK(same_storage(v, named));
    HCB_TRY(const std::int32_t base, argument_with(node, v, named));
    if (base >= v) {
      return wrong(v, "view_of_plus_one",
                   fmt::format("a view of {}, which is declared behind it", value_name(base)));
    }
    if (!has_effect(node, v1::EFFECT_MUTATION)) {
      view(v, base);
      return {};
    }
    return overwrite(n, i, base);
  }

  Result<void> overwrite(std::int32_t n, int i, std::int32_t base) {
    const v1::Node& node = file_.nodes(n);
    const auto v = static_cast<std::int32_t>(node.outputs(i));
    const std::int32_t target = at(root_, base);
    if (is_resident(target) && at(out_.once, n) == 0) {
      return wrong(node, "replay",
                   fmt::format("REPLAY_PURE, but it overwrites {}", value_name(target)));
    }
    if (base == target && is_resident(base) && at(overwritten_, base) == 0 && whole(v, base)) {
      at(overwritten_, base) = 1;
      at(out_.donates, n)
          .push_back({.output = static_cast<std::size_t>(i),
                      .input = static_cast<std::size_t>(arguments_.of_value(base))});
      at(root_, v) = v;
      return {};
    }
    view(v, base);
    at(out_.once, n) = 1;
    if (at(out_.producer, target) >= 0) at(out_.once, at(out_.producer, target)) = 1;
    for (const std::int32_t reader : at(readers_, target)) at(out_.once, reader) = 1;
    at(readers_, target).clear();  // marked for good
    return {};
  }

  // Do both fill the whole storage?
  [[nodiscard]] bool whole(std::int32_t v, std::int32_t base) const {
    const Bytes all = file_.storages(static_cast<int>(file_.values(base).storage())).bytes();
    return dense_bytes(v) == all && dense_bytes(base) == all;
  }

  [[nodiscard]] std::optional<Bytes> dense_bytes(std::int32_t v) const {
    const auto& shape = file_.values(v).shape();
    return tensor_bytes(static_cast<DType>(file_.values(v).dtype()),
                        std::span(shape.data(), static_cast<std::size_t>(shape.size())));
  }

  const v1::Graph& file_;
  std::vector<std::int32_t> root_;  // by value: the one that is no view; kNoBase: not seen yet
  std::vector<std::int32_t> first_user_;            // by storage
  std::vector<std::vector<std::int32_t>> readers_;  // by root: nodes so far; empty: nobody asks
  std::vector<char> overwritten_;                   // by value: a resident that was
  ArgumentIndex arguments_;                         // of the node at hand
  std::vector<char> donated_;                       // by output of the node at hand
  HcbStorages out_;
};

}  // namespace

Result<HcbStorages> find_storages(const v1::Graph& file) { return Finder(file).run(); }

}  // namespace hcb::internal
