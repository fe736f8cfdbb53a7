#include "data/separators.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace ensemble::data {
namespace {

constexpr std::size_t lines_compared = 20;
constexpr std::array<char, 4> separators{'\t', ';', ',', '|'};

/// How often each separator stands outside quotes in a record.
using Counts = std::array<std::size_t, separators.size()>;

bool is_line_end(char letter) {
    return letter == '\n' || letter == '\r';
}

const char* find_separator(char letter) {
    return std::ranges::find(separators, letter);
}

Counts count_separators(std::string_view record) {
    Counts counts{};
    bool in_quotes = false;
    bool field_begins = true;  // only there, a quote opens
    for (const char letter : record) {
        if (letter == '"' && (in_quotes || field_begins)) in_quotes = !in_quotes;
        const char* const found = find_separator(letter);
        const bool separates = !in_quotes && found != separators.end();
        if (separates) ++counts.at(static_cast<std::size_t>(found - separators.begin()));
        field_begins = separates || (field_begins && (letter == ' ' || letter == '\t'));
    }
    return counts;
}

std::vector<Counts> count_all(std::span<const std::string_view> records) {
    std::vector<Counts> lines;
    for (const std::string_view record : records) lines.push_back(count_separators(record));
    return lines;
}

/// The end of the record that begins at `at`: a line end outside quotes.
std::size_t record_end(std::string_view text, std::size_t at) {
    bool in_quotes = false;
    bool field_begins = true;
    for (; at < text.size() && (in_quotes || !is_line_end(text[at])); ++at) {
        const bool is_blank = text[at] == ' ' || text[at] == '\t';
        if (text[at] == '"' && (in_quotes || field_begins)) in_quotes = !in_quotes;
        const bool separates = !in_quotes && find_separator(text[at]) != separators.end();
        field_begins = separates || (field_begins && is_blank);
    }
    return at;
}

/// The first separator that stands equally often in all lines, else '\0'.
char regular_separator(std::span<const Counts> lines) {
    for (std::size_t i = 0; i < separators.size(); ++i) {
        const std::size_t count = lines.front().at(i);
        if (count > 0 && std::ranges::all_of(lines, [&](const Counts& line) { return line.at(i) == count; })) {
            return separators.at(i);
        }
    }
    return '\0';
}

std::size_t count_words(std::string_view record) {
    std::size_t words = 0;
    bool in_word = false;
    for (const char letter : record) {
        const bool is_blank = letter == ' ' || letter == '\t';
        words += !is_blank && !in_word ? 1 : 0;
        in_word = !is_blank;
    }
    return words;
}

/// How many words all records have, else 0.
std::size_t regular_words(std::span<const std::string_view> records) {
    const std::size_t words = count_words(records.front());
    const auto same = [&](std::string_view record) { return count_words(record) == words; };
    return std::ranges::all_of(records, same) ? words : 0;
}

/// What separates the fields of a table below a line or a few that do not belong to it; '\0' if that is not clear.
char separator_below(std::span<const std::string_view> records, std::span<const Counts> lines) {
    constexpr std::size_t most_above = 5;
    if (regular_words(records) > 1) return '\0';
    for (std::size_t above = 1; above <= most_above && above + 2 <= records.size(); ++above) {
        const auto below = lines.subspan(above);
        const std::size_t words = regular_words(records.subspan(above));
        const char found = regular_separator(below);
        if (found == '\0') {
            if (words > 1 && std::ranges::all_of(below, [](const Counts& line) { return line == Counts{}; }))
                return ' ';
            continue;
        }
        // Blanks separate where they make more of a line: the comma then is that of decimals.
        const auto index = static_cast<std::size_t>(find_separator(found) - separators.begin());
        return words > below.front().at(index) + 1 ? '\0' : found;
    }
    return '\0';
}

}  // namespace

std::vector<std::string_view> first_records(std::string_view text, std::size_t most, bool with_marked) {
    std::vector<std::string_view> records;
    for (std::size_t at = 0; at < text.size() && records.size() < most;) {
        const std::size_t begin = text.find_first_not_of(" \t\r\n", at);
        if (begin == std::string_view::npos) break;
        const bool is_marked = text[begin] == '#';
        // A comment may hold a quote that nobody closes.
        const std::size_t end =
            is_marked ? std::min(text.find_first_of("\r\n", begin), text.size()) : record_end(text, begin);
        if (!is_marked || with_marked) {
            // Blanks in front may be tabs that separate.
            std::size_t line = begin;
            while (line > at && !is_line_end(text[line - 1])) --line;
            records.push_back(text.substr(line, end - line));
        }
        at = end;
    }
    return records;
}

char detect_separator(std::string_view text) {
    std::vector<std::string_view> records = first_records(text, lines_compared, false);
    if (records.empty()) records = first_records(text, lines_compared, true);
    if (records.empty()) return ' ';
    const std::vector<Counts> lines = count_all(records);
    if (const char found = regular_separator(lines); found != '\0') return found;
    if (const char found = separator_below(records, lines); found != '\0') return found;
    // Tabs that stand irregularly are blanks.
    const auto* const most = std::max_element(lines.front().begin() + 1, lines.front().end());
    return *most > 0 ? separators.at(static_cast<std::size_t>(most - lines.front().begin())) : ' ';
}

char contradicting_separator(std::string_view text, char declared) {
    const std::vector<std::string_view> records = first_records(text, lines_compared, false);
    if (records.empty()) return '\0';
    const std::vector<Counts> lines = count_all(records);
    const auto index = static_cast<std::size_t>(find_separator(declared) - separators.begin());
    const auto count = [&](const Counts& line) { return line.at(index); };
    const bool is_there = std::ranges::any_of(lines, [&](const Counts& line) { return count(line) > 0; });
    const bool is_regular =
        is_there && std::ranges::all_of(lines, [&](const Counts& line) { return count(line) == count(lines.front()); });
    if (is_regular) return '\0';
    if (const char found = regular_separator(lines); found != '\0') return found;
    return !is_there && regular_words(records) > 1 ? ' ' : '\0';
}

std::string_view name_of_separator(char separator) noexcept {
    switch (separator) {
        case '\t':
            return "tabs";
        case ';':
            return "semicolons";
        case ',':
            return "commas";
        case '|':
            return "|";
        default:
            return "white space";
    }
}

char declared_separator(std::string_view text) {
    std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (line.size() > 2 && line.starts_with('"') && line.ends_with('"')) line = line.substr(1, line.size() - 2);
    const bool fits = line.size() == 5 && (line.starts_with("sep=") || line.starts_with("SEP="));
    return fits && find_separator(line.back()) != separators.end() ? line.back() : '\0';
}

}  // namespace ensemble::data
