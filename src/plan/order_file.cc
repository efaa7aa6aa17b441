// Two passes: names to ids, then what each execution needs. The second one knows where every node
// first runs, so that a message can say where the missing one comes.
#include "plan/order_file.h"

#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

constexpr std::size_t kNever = 0;  // lines count from 1

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

struct Execution {
  NodeId node;
  std::size_t line = 0;
};

class OrderReader {
 public:
  OrderReader(const std::string& file, const Graph& graph)
      : file_(file), graph_(graph), first_line_(graph.node_count(), kNever) {
    for (const NodeId n : graph.nodes()) by_name_.emplace(printable(graph.name(n)), n);
  }

  Result<std::vector<NodeId>> read(std::string_view text) && {
    std::size_t line = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      HCB_CHECK(read_line(trimmed(text.substr(0, end)), ++line));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    HCB_CHECK(all_run());
    for (const Execution& execution : executions_) HCB_CHECK(can_run(execution));
    std::vector<NodeId> sequence;
    for (const Execution& execution : executions_) sequence.push_back(execution.node);
    return sequence;
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(std::size_t line, std::string_view what,
                                             std::string help = {}) const {
    return fail(ErrorKind::bad_input, fmt::format("{}:{}: {}", file_, line, what), std::move(help));
  }

  [[nodiscard]] std::string node_words(NodeId n) const {
    return fmt::format("'{}' ({})", printable(graph_.name(n)), printable(graph_.op(n)));
  }

  Result<void> read_line(std::string_view word, std::size_t line) {
    const NodeId n = find(word);
    if (n == kNone<NodeId>) {
      if (word.empty() || word.starts_with('#')) return {};
      return unknown(word, line);
    }
    if (first_line_[n] == kNever) first_line_[n] = line;
    executions_.push_back({n, line});
    return {};
  }

  [[nodiscard]] NodeId find(std::string_view word) const {
    const auto named = by_name_.find(word);
    if (named != by_name_.end()) return named->second;
    std::size_t id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    const bool is_id = error == std::errc{} && end == word.data() + word.size();
    return is_id && id < graph_.node_count() ? id_at<NodeId>(id) : kNone<NodeId>;
  }

  [[nodiscard]] std::unexpected<Error> unknown(std::string_view word, std::size_t line) const {
    std::vector<std::string> names;
    for (const auto& [name, n] : by_name_) names.push_back(name);
    const std::string shown = printable(word);
    return wrong(line,
                 fmt::format("no node '{}' in {}{}", shown, printable(graph_.graph_name()),
                             did_you_mean(shown, names)),
                 fmt::format("give names or ids from 0 to {}, as `hcb show MODEL` lists the nodes",
                             graph_.node_count() - 1));
  }

  [[nodiscard]] Result<void> all_run() const {
    std::size_t missing = 0;
    NodeId first = kNone<NodeId>;
    for (const NodeId n : graph_.nodes()) {
      if (first_line_[n] != kNever) continue;
      if (missing++ == 0) first = n;
    }
    if (missing == 0) return {};
    return fail(ErrorKind::bad_input,
                fmt::format("{}: {} of {} nodes never run, first {}", file_, missing,
                            graph_.node_count(), node_words(first)),
                "list every node at least once");
  }

  // Whatever ran before is there or was made again: only the first execution can come too early.
  [[nodiscard]] Result<void> can_run(const Execution& execution) const {
    const auto [n, line] = execution;
    if (line != first_line_[n]) {
      if (!graph_.flags(n).never_replay) return {};
      return wrong(line, fmt::format("{} may run once only, and runs in line {}", node_words(n),
                                     first_line_[n]));
    }
    for (const NodeId before : graph_.predecessors(n)) {
      if (first_line_[before] < line) continue;
      return wrong(line,
                   fmt::format("{} runs before {}, which must come first and comes in line {}",
                               node_words(n), node_words(before), first_line_[before]));
    }
    return {};
  }

  const std::string& file_;
  const Graph& graph_;
  std::map<std::string, NodeId, std::less<>> by_name_;
  IdVector<NodeId, std::size_t> first_line_;
  std::vector<Execution> executions_;
};

}  // namespace

Result<std::vector<NodeId>> read_order(std::string_view text, const std::string& file,
                                       const Graph& graph) {
  return OrderReader(file, graph).read(text);
}

}  // namespace hcb
