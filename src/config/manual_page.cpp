#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "config/command_line.hpp"
#include "config/program_text.hpp"

namespace ensemble::config {
namespace {

/// What an exit code tells, as in core::Failure.
constexpr std::array<std::pair<int, std::string_view>, 5> exit_codes{
    {{0, "complete"},
     {2, "wrong usage or configuration"},
     {3, "data or model file missing, damaged or refused"},
     {4, "the run failed; the message says where, and what survives"},
     {75, "stopped on request (signal, time limit), state saved; --resume goes on"}}};

/// The code point of the UTF-8 sequence that `text` begins with, and its length.
std::pair<unsigned, std::size_t> code_point(std::string_view text) {
    constexpr unsigned tail_bits = 6;
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
    unsigned point = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < std::min(length, text.size()); ++i)
        point = (point << tail_bits) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return {point, std::min(length, text.size())};
}

/// Text as roff takes it: nothing in it is a request or an escape, and a minus is one that can be copied.
std::string roff(std::string_view text) {
    std::string out;
    bool begins_line = true;
    while (!text.empty()) {
        const char letter = text.front();
        std::size_t length = 1;
        if (begins_line && (letter == '.' || letter == '\'')) out += "\\&";
        if (static_cast<unsigned char>(letter) >= 0x80U) {
            const auto [point, bytes] = code_point(text);
            out += fmt::format("\\[u{:04X}]", point);
            length = bytes;
        } else if (letter == '\\') {
            out += "\\e";
        } else if (letter == '-') {
            out += "\\-";
        } else {
            out += letter;
        }
        begins_line = letter == '\n';
        text.remove_prefix(length);
    }
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& letter : out) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return out;
}

std::string option_text(const OptionText& option) {
    std::string text = fmt::format(".TP\n\\fB{}\\fR", roff(option.name));
    if (!option.type.empty()) text += fmt::format(" \\fI{}\\fR", roff(option.type));
    text += fmt::format("\n{}", option.help.empty() ? "\\&" : roff(option.help));
    if (!option.standard.empty()) text += fmt::format("\n.br\nDefault: {}", roff(option.standard));
    return text + "\n";
}

std::string options_text(const ProgramText& program) {
    std::string text = ".SH OPTIONS\n";
    std::string group;
    for (const OptionText& option : program.options) {
        if (option.group != group) text += fmt::format(".SS {}\n", roff(option.group));
        group = option.group;
        text += option_text(option);
    }
    return text;
}

/// What stands below the options: a heading is a line by itself that ends with a colon, and what stands below it keeps
/// its lines.
std::string sections_text(std::string_view all) {
    std::string text;
    bool is_open = false;
    const auto close = [&] {
        if (std::exchange(is_open, false)) text += ".fi\n";
    };
    while (!all.empty()) {
        const std::string_view line = all.substr(0, all.find('\n'));
        all.remove_prefix(std::min(all.size(), line.size() + 1));
        if (line.empty()) continue;
        if (line.ends_with(':') && !line.starts_with(' ')) {
            close();
            text += fmt::format(".SH \"{}\"\n", roff(upper(line.substr(0, line.size() - 1))));
            continue;
        }
        if (!std::exchange(is_open, true)) text += fmt::format("{}.nf\n", line.starts_with(' ') ? "" : ".PP\n");
        text += roff(line) + "\n";
    }
    close();
    return text;
}

}  // namespace

std::string manual_page(const ProgramText& program) {
    std::string purpose = program.purpose;
    std::ranges::replace(purpose, '\n', ' ');
    const std::string summary = purpose.substr(0, purpose.find_first_of(",;"));
    std::string arguments;
    for (const OptionText& option : program.options) {
        if (!option.name.starts_with('-')) arguments += fmt::format(" \\fI{}\\fR", roff(option.name));
    }
    std::string text = fmt::format(".\\\" Made by {} --print-man.\n.TH {} 1 \"\" \"ensemble {}\" \"User Commands\"\n",
                                   program.name, upper(program.name), version());
    text += fmt::format(".SH NAME\n{} \\- {}\n", roff(program.name), roff(summary));
    text += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR{} [\\fIoption\\fR ...]\n", roff(program.name), arguments);
    text += fmt::format(".SH DESCRIPTION\n{}: {}.\n", roff(program.name), roff(purpose));
    text += options_text(program);
    text += sections_text(program.more);
    text += ".SH \"EXIT STATUS\"\n";
    for (const auto& [code, meaning] : exit_codes) text += fmt::format(".TP\n{}\n{}\n", code, roff(meaning));
    if (program.see_also.empty()) return text;
    std::vector<std::string> pages;
    for (const std::string& page : program.see_also) pages.push_back(fmt::format("\\fB{}\\fR(1)", roff(page)));
    return text + fmt::format(".SH \"SEE ALSO\"\n{}\n", fmt::join(pages, ",\n"));
}

}  // namespace ensemble::config
