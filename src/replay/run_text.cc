#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "replay/run_result.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kNamedOps = 8;
constexpr std::size_t kNamedDifferences = 8;

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<12}{}\n", label, text);
}

std::string exactly(Bytes bytes) {
  return fmt::format("{} ({} bytes)", format_bytes(bytes), bytes);
}

std::string machine_line(const RunSetting& setting) {
  const std::string other =
      setting.exported_with.empty() || setting.exported_with == setting.scope.torch_version
          ? ""
          : fmt::format(", graph exported with {}", setting.exported_with);
  return line("machine",
              fmt::format("{}, {}, torch {}{}, seed {}; {}", setting.scope.device_name,
                          plural(static_cast<std::size_t>(setting.scope.threads), "thread"),
                          setting.scope.torch_version, printable(other), setting.seed,
                          setting.allocation_policy));
}

std::string contents_line(const RunSetting& setting) {
  std::vector<std::string> files;
  for (const std::string& path : {setting.weights, setting.inputs}) {
    if (!path.empty()) files.push_back(printable(path));
  }
  std::vector<std::string> parts;
  if (setting.from_file > 0)
    parts.push_back(fmt::format("{} from {}", setting.from_file, fmt::join(files, ", ")));
  if (setting.from_graph > 0) parts.push_back(fmt::format("{} from the graph", setting.from_graph));
  if (setting.seeded > 0)
    parts.push_back(fmt::format("{} seeded with {}", setting.seeded, setting.seed));
  return line("contents", fmt::format("{}", fmt::join(parts, ", ")));
}

std::string known_words(const MemoryReport& memory) {
  if (memory.exact()) return "equal to the byte at every step";
  const std::string after =
      memory.equal_after == memory.steps
          ? "equal to the byte after every step"
          : fmt::format("equal after {} of {} steps", memory.equal_after, memory.steps);
  const std::string during = memory.below_during == memory.steps
                                 ? "at most as predicted while steps ran"
                                 : fmt::format("more than predicted while {} ran",
                                               plural(memory.steps - memory.below_during, "step"));
  return after + ", " + during;
}

std::string memory_lines(const MemoryReport& memory) {
  std::string text =
      line("peak", fmt::format("{} measured, {} predicted", exactly(memory.measured_peak),
                               exactly(memory.predicted_peak)));
  text += line("bytes", memory.workspaces_known ? known_words(memory)
                                                : "workspaces unknown: " + known_words(memory) +
                                                      "; hcb-run profile measures them");
  std::size_t shown = 0;
  for (const OpDifference& op : memory.difference) {
    if (++shown > kNamedOps) {
      text += fmt::format("  … and {} more\n", plural(memory.difference.size() - kNamedOps, "op"));
      break;
    }
    text +=
        fmt::format("  {:<44} {:>5} {:<6} {:+} bytes while running, {:+} kept (as '{}')\n", op.op,
                    op.nodes, op.nodes == 1 ? "node" : "nodes", op.during, op.after, op.example);
  }
  return text;
}

std::string device_line(const RunSetting& setting, const DeviceMemory& device) {
  if (setting.scope.device == "cpu") return {};
  return line("device", fmt::format("{} allocated, {} reserved, {} of {} in use",
                                    format_bytes(device.allocated), format_bytes(device.reserved),
                                    format_bytes(device.used), format_bytes(device.total)));
}

std::string rate(Nanos time, std::size_t count) {
  return fmt::format("{:.3g}", 1e9 * static_cast<double>(count) / static_cast<double>(time));
}

std::string time_line(const RunSetting& setting, const Measured& measured) {
  const Timing& time = measured.time;
  std::string text =
      fmt::format("{} per step ({} … {}, {})", time_text(time.median), time_text(time.low),
                  time_text(time.high), plural(time.count, "step"));
  if (time.median > 0) text += fmt::format(", {} steps/s", rate(time.median, 1));
  if (time.median > 0 && setting.samples > 0)
    text += fmt::format(", {} samples/s", rate(time.median, setting.samples));
  if (measured.run && measured.run->recompute_time > 0)
    text += fmt::format("; recomputation {}", time_text(measured.run->recompute_time));
  return line("time", text);
}

std::string equality(const Verification& check) {
  const std::string what =
      fmt::format("{} ({}), {}", plural(check.outputs, "output"),
                  plural(check.gradients, "gradient"), plural(check.states, "state tensor"));
  if (check.tolerance > 0)
    return fmt::format("{} equal {} within {} of their largest magnitudes", what, check.against,
                       check.tolerance);
  return fmt::format("{} and the random generator equal {} bit for bit", what, check.against);
}

std::string verification_line(const Verification& check) {
  if (check.differences.empty()) return line("verified", equality(check));
  std::string text = line("differs", fmt::format("{} of {} from {}", check.differences.size(),
                                                 check.outputs + check.states, check.against));
  std::size_t shown = 0;
  for (const OutcomeDifference& difference : check.differences) {
    if (++shown > kNamedDifferences) return text + "  …\n";
    text += fmt::format("  {}: {}\n", printable(difference.name), difference.what);
  }
  return text;
}

std::string percent(double ratio) { return fmt::format("{:+.1f} %", 100 * (ratio - 1)); }

double ratio_of(Nanos a, Nanos b) {
  return b > 0 ? static_cast<double>(a) / static_cast<double>(b) : 1.0;
}

std::string verdict_word(const Measured& measured) {
  if (measured.verifications.empty()) return "-";
  for (const Verification& check : measured.verifications) {
    if (!check.differences.empty()) return "differ";
  }
  return "equal";
}

}  // namespace

std::string run_text(const Graph& graph, const RunSetting& setting, const Measured& measured) {
  const std::string plan = measured.file.empty() ? "" : " of " + printable(measured.file);
  std::string text = line(printable(setting.graph) + "  ",
                          fmt::format("{}{}: {} executions of {}", measured.name, plan,
                                      measured.executions, plural(graph.node_count(), "node")));
  text += machine_line(setting);
  text += contents_line(setting);
  text += memory_lines(measured.memory);
  if (setting.memory_limit) text += line("limit", exactly(*setting.memory_limit) + ", held");
  if (measured.run && measured.run->random_state > 0)
    text += line("generator", fmt::format("{} of saved states at most, not in the peak",
                                          format_bytes(measured.run->random_state)));
  text += device_line(setting, measured.device);
  text += time_line(setting, measured);
  for (const Verification& check : measured.verifications) text += verification_line(check);
  return text;
}

std::string compare_text(const RunSetting& setting, const std::vector<Measured>& measured) {
  const Nanos base = measured.front().time.median;
  std::string text = line(printable(setting.graph) + "  ", plural(setting.nodes, "node"));
  text += machine_line(setting) + contents_line(setting);
  text += fmt::format("{:<18} {:>10} {:>22} {:>11} {:>10} {:>13} {:>13} {:>7}\n", "plan", "time",
                      "interval", "extra", "predicted", "peak", "predicted", "bits");
  for (std::size_t i = 0; i + 1 < measured.size(); ++i) {
    const Measured& m = measured[i];
    const std::string name = m.file.empty() ? m.name : printable(m.file);
    if (!m.error.empty()) {
      text += fmt::format("{:<18} {}\n", name, m.error);
      continue;
    }
    text += fmt::format("{:<18} {:>10} {:>22} {:>11} {:>10} {:>13} {:>13} {:>7}\n", name,
                        time_text(m.time.median),
                        time_text(m.time.low) + " … " + time_text(m.time.high),
                        percent(ratio_of(m.time.median, base)),
                        percent(1 + ratio_of(m.predicted_extra, m.predicted_base) *
                                        (m.predicted_base > 0 ? 1.0 : 0.0)),
                        m.memory.measured_peak, m.memory.predicted_peak, verdict_word(m));
  }
  text += fmt::format("noise       store-all again {}; {} each, interleaved\n",
                      percent(ratio_of(measured.back().time.median, base)),
                      plural(measured.front().time.count, "step"));
  if (!measured.front().memory.workspaces_known) {
    text +=
        "peaks are predicted without workspaces, which are unknown; predicted times are estimates: "
        "hcb-run profile measures both\n";
  }
  return text;
}

}  // namespace hcb
