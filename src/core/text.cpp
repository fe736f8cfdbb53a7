#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace ensemble::core {
namespace {

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::string spaces(std::string_view text, std::size_t width) {
    const std::size_t taken = columns(text);
    return std::string(width > taken ? width - taken : 0, ' ');
}

/// Columns before what follows a heading ("data      digits"): where its continuation lines begin.
std::size_t hanging_indent(std::string_view line) {
    const std::size_t gap = line.find("  ");
    const std::size_t first = line.find_first_not_of(' ');
    if (gap == std::string_view::npos || first == std::string_view::npos || gap < first) return 0;
    const std::size_t text = line.find_first_not_of(' ', gap);
    return text == std::string_view::npos ? 0 : columns(line.substr(0, text));
}

void wrap_line(std::string_view line, std::size_t width, std::string& lines) {
    const std::size_t indent = std::min(hanging_indent(line), width / 2);
    std::size_t room = width;
    while (columns(line) > room) {
        std::size_t end = clipped(line, room + 1).rfind(' ');
        // A word longer than the line is cut.
        if (end == std::string_view::npos || columns(line.substr(0, end)) <= indent) end = clipped(line, room).size();
        lines += line.substr(0, end);
        lines += '\n';
        lines.append(indent, ' ');
        line.remove_prefix(std::min(line.find_first_not_of(' ', end), line.size()));
        room = width - indent;
    }
    lines += line;
}

}  // namespace

std::string grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t place = digits.size(); place > 3; place -= 3)
        digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(place - 3), ',');
    return digits;
}

std::string in_words(std::size_t count) {
    constexpr std::array<std::string_view, 13> words{"no",    "one",   "two",  "three", "four",   "five",  "six",
                                                     "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    return count < words.size() ? std::string(words.at(count)) : grouped(count);
}

std::string clock(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e9) return "-";
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    const std::uint64_t hours = whole / 3600;
    const std::uint64_t minutes = whole / 60 % 60;
    if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
    return fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return "-";
    if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 60) return fmt::format("{:.1f} s", seconds);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string percent(double share, int digits) {
    return std::isfinite(share) ? fmt::format("{:.{}f} %", 100.0 * share, digits) : "-";
}

std::string number(double value, int digits) {
    return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-";
}

std::string bytes(std::size_t count) {
    constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(count);
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < units.size()) {
        value /= 1024.0;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", value, value < 10.0 && unit > 0 ? 1 : 0, units.at(unit));
}

std::string scaled(double count) {
    constexpr std::array<std::string_view, 7> prefixes{"", " k", " M", " G", " T", " P", " E"};
    constexpr double rounds_up = 999.5;  // to four digits
    std::size_t prefix = 0;
    while (count >= rounds_up && prefix + 1 < prefixes.size()) {
        count /= 1000.0;
        ++prefix;
    }
    const int digits = prefix == 0 || count >= 99.95 ? 0 : (count >= 9.995 ? 1 : 2);
    return fmt::format("{:.{}f}{}", count, digits, prefixes.at(prefix));
}

std::string counted(std::uint64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", grouped(count), thing, count == 1 ? "" : "s");
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string clipped(std::string_view text, std::size_t width) {
    std::size_t taken = 0;
    std::size_t end = 0;
    while (end < text.size() && (!begins_character(text[end]) || taken < width)) {
        if (begins_character(text[end])) ++taken;
        ++end;
    }
    return std::string(text.substr(0, end));
}

std::string wrapped(std::string_view text, std::size_t width) {
    std::string lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        wrap_line(text.substr(0, end), width, lines);
        if (end == text.size()) break;
        lines += '\n';
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::string right(std::string_view text, std::size_t width) {
    return spaces(text, width).append(text);
}

std::string left(std::string_view text, std::size_t width) {
    return std::string(text).append(spaces(text, width));
}

std::string to_ascii(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> replacements{{{"×", "x"},
                                                                                         {"→", "->"},
                                                                                         {"·", "-"},
                                                                                         {"–", "-"},
                                                                                         {"−", "-"},
                                                                                         {"…", "..."},
                                                                                         {"█", "#"},
                                                                                         {"░", "."},
                                                                                         {"─", "-"}}};
    std::string plain;
    while (!text.empty()) {
        const auto found = std::find_if(replacements.begin(), replacements.end(),
                                        [&](const auto& pair) { return text.starts_with(pair.first); });
        if (found != replacements.end()) {
            plain += found->second;
            text.remove_prefix(found->first.size());
            continue;
        }
        if (begins_character(text.front()))
            plain += static_cast<unsigned char>(text.front()) < 0x80U ? text.front() : '?';
        text.remove_prefix(1);
    }
    return plain;
}

}  // namespace ensemble::core
