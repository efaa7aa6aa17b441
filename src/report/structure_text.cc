#include "report/structure_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/words.h"

namespace hcb {
namespace {

// The share of the given order's peak that `saved` is: "3.2 %".
std::string share_text(Bytes saved, Bytes peak) {
  const auto permille = static_cast<std::int64_t>(static_cast<__int128>(saved) * 1000 / peak);
  return fmt::format("{}.{} %", permille / 10, permille % 10);
}

// At least a thousandth of the peak.
bool worth_a_word(const OrderReport& orders) {
  return orders.saves() > 0 && orders.saves() >= orders.compared.front().peak / 1000;
}

std::string order_words(const OrderReport& orders) {
  if (orders.compared.empty() || !worth_a_word(orders)) return {};
  const std::string& best = orders.compared[orders.best].name;
  return fmt::format("   order {} saves {} ({} of the peak): --order {}", best,
                     format_bytes(orders.saves()),
                     share_text(orders.saves(), orders.compared.front().peak), best);
}

std::string block_line(std::string_view strategy, const std::optional<BlockSuggestion>& blocks) {
  if (!blocks) return {};
  return fmt::format("  {:<14} --block-size {} ({}): about {} of activations\n", strategy,
                     blocks->block_size, plural(static_cast<std::size_t>(blocks->blocks), "block"),
                     format_bytes(blocks->bytes));
}

std::string cut_line(const CutReport& cut, std::size_t width) {
  std::vector<std::string> names;
  names.reserve(cut.largest.size());
  for (const std::string& name : cut.largest) names.push_back(printable(name));
  return fmt::format("  {:>9}  {:>10}  {:>7}  {:<{}}  {}\n",
                     with_thousands(static_cast<long long>(cut.cut) + 1), format_bytes(cut.bytes),
                     with_thousands(static_cast<long long>(cut.buffers)), printable(cut.before),
                     width, fmt::join(names, ", "));
}

std::string cut_table(const std::vector<CutReport>& cuts) {
  constexpr std::string_view kBefore = "in front of";
  std::size_t width = kBefore.size();
  for (const CutReport& cut : cuts) width = std::max(width, printable(cut.before).size());
  std::string text = fmt::format("  {:>9}  {:>10}  {:>7}  {:<{}}  {}\n", "after", "bytes", "values",
                                 kBefore, width, "largest");
  for (const CutReport& cut : cuts) text += cut_line(cut, width);
  return text;
}

}  // namespace

std::string structure_line(const Analysis& analysis) {
  const HcpEvaluation& hcp = analysis.hcp;
  if (!analysis.training || !hcp.interval_tree) return {};
  return fmt::format(
      "structure   {}: interval tree about {} of {} activations ({}.{} % at a cut), {} of {} nodes "
      "deep{}\n",
      hcp.compressible ? "compresses" : "compresses little", format_bytes(hcp.interval_tree->bytes),
      format_bytes(hcp.activations), hcp.width_permyriad / 100, hcp.width_permyriad % 100 / 10,
      with_thousands(hcp.depth), with_thousands(hcp.nodes), order_words(analysis.orders));
}

std::string orders_text(const Analysis& analysis) {
  const OrderReport& orders = analysis.orders;
  std::string text = "orders compared: the peak of running every node once\n";
  for (std::size_t i = 0; i < orders.compared.size(); ++i) {
    const auto& [name, peak] = orders.compared[i];
    text += fmt::format("  {:<15} {:>10}{}\n", name, format_bytes(peak),
                        i == orders.best ? "   best" : "");
  }
  if (!orders.not_tried.empty()) {
    text +=
        fmt::format("  not tried on graphs of this size: {}\n", fmt::join(orders.not_tried, ", "));
  }
  return text;
}

std::string frontier_text(const Analysis& analysis) {
  const auto& orders = analysis.orders;
  std::string text =
      fmt::format("frontiers in the order '{}'\n",
                  orders.compared.empty() ? "given" : orders.compared[orders.best].name);
  for (const std::string& reason : analysis.hcp.reasons) text += fmt::format("  {}\n", reason);
  text += "blocks expected to hold least (estimates from frontiers)\n";
  text += block_line("interval-tree", analysis.hcp.interval_tree);
  text += block_line("periodic", analysis.hcp.periodic);
  return text + "cuts of the whole step\n" + cut_table(analysis.cuts);
}

}  // namespace hcb
