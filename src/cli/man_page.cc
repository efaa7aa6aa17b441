// NAME, SYNOPSIS, DESCRIPTION, one subsection per command, what the notes say, SEE ALSO. Text is
// ASCII: other characters become \[uXXXX], which every troff since 2004 knows.
#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/completion.h"

namespace hcb {
namespace {

// The code point at `at`, which moves behind it; `text` is UTF-8.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = static_cast<unsigned char>(text[at++]);
  const int more = byte < 0x80 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  std::uint32_t code = more == 0 ? byte : byte & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i) {
    code = code << 6U | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  }
  return code;
}

// Text as roff takes it: hyphens that are typed as such, no control line by chance.
std::string roff(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = next_code_point(text, at);
    if (c >= 0x80) {
      out += fmt::format("\\[u{:04X}]", c);
    } else if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if (out.empty() && (c == '.' || c == '\'')) out += "\\&";
      out += c == '"' ? std::string("\\(dq") : std::string(1, static_cast<char>(c));
    }
  }
  return out;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", roff(text)); }

std::string option_entry(const OptionOutline& option) {
  std::string names = option.short_name.empty() ? "" : bold(option.short_name);
  if (!option.long_name.empty()) names += (names.empty() ? "" : ", ") + bold(option.long_name);
  if (!option.value.metavar.empty())
    names += fmt::format(" \\fI{}\\fR", roff(option.value.metavar));
  std::string text = fmt::format(".TP\n{}\n{}", names, roff(option.help));
  const auto& [metavar, words, file] = option.value;
  if (!words.empty() && metavar.find(words.front()) == std::string::npos) {
    text += ":";
    for (const std::string& word : words) text += (word == words.front() ? " " : ", ") + roff(word);
  }
  return text + "\n";
}

std::string operand_entry(const OperandOutline& operand) {
  const auto& [metavar, known, file] = operand.value;
  const bool typed = !known.empty() && metavar.find(known.front()) != std::string::npos;
  const std::string words = typed ? " (" + roff(metavar) + ")" : "";
  return fmt::format(".TP\n\\fI{}\\fR{}\n{}\n", roff(operand.name), words, roff(operand.help));
}

std::string usage_line(const std::string& program, const CommandOutline& command) {
  std::string text = fmt::format("{} [\\fIoptions\\fR]", bold(program + " " + command.name));
  for (const OperandOutline& operand : command.operands)
    text += fmt::format(" \\fI{}\\fR", roff(operand.name));
  return text + "\n";
}

std::string example_lines(const CommandOutline& command) {
  if (command.example.empty()) return {};
  std::string text = ".PP\nExample:\n.PP\n.nf\n";
  for (std::string_view line : split(command.example, ';')) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    text += "    " + roff(line) + "\n";
  }
  return text + ".fi\n";
}

std::string command_section(const std::string& program, const CommandOutline& command) {
  std::string text = fmt::format(".SS {}\n{}.PP\n{}\n", roff(command.name),
                                 usage_line(program, command), roff(command.summary));
  for (const OperandOutline& operand : command.operands) text += operand_entry(operand);
  for (const OptionOutline& option : command.options) text += option_entry(option);
  return text + example_lines(command);
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string man_page(const ProgramOutline& outline) {
  const std::string& name = outline.name;
  const std::string& about = outline.program.summary;
  std::string text = fmt::format(".TH \"{}\" \"1\" \"\" \"{}\" \"User Commands\"\n",
                                 roff(upper(name)), roff(outline.version));
  text += fmt::format(".SH NAME\n{} \\- {}\n", roff(name), roff(about));
  text += fmt::format(".SH SYNOPSIS\n{} \\fIcommand\\fR [\\fIoptions\\fR] [\\fIoperands\\fR]\n",
                      bold(name));
  text += ".SH OPTIONS\n";
  for (const OptionOutline& option : outline.program.options) text += option_entry(option);
  text += ".SH COMMANDS\n";
  for (const CommandOutline& command : outline.commands) text += command_section(name, command);
  text += ".SH NOTES\n";
  for (const std::string& note : outline.notes)
    text += (note == outline.notes.front() ? "" : ".PP\n") + roff(note) + "\n";
  const std::string_view other = name == "hcb" ? "hcb-run" : "hcb";
  return text + fmt::format(".SH SEE ALSO\n{}(1)\n", bold(other));
}

}  // namespace hcb
