#include "data/table_shape.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_above = 5;

bool is_word(std::string_view field) {
    return !is_gap(field) && !parse_feature(field);
}

/// Words, and only words, over columns of numbers. All lines from this one on have as many fields.
bool looks_like_names(std::span<const Line> lines, std::size_t which) {
    const Fields& fields = lines[which].fields;
    const bool has_number = std::ranges::any_of(fields, [](auto field) { return parse_feature(field).has_value(); });
    if (has_number || std::ranges::count_if(fields, is_word) < 2 || which + 1 == lines.size()) return false;
    const Fields& next = lines[which + 1].fields;
    for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
        // Numbers that are written oddly, such as 1,5, are words in every line.
        if (is_word(fields[i]) && is_word(next[i])) return false;
    }
    std::vector<Fields> below;
    for (const Line& line : lines.subspan(which + 1)) below.push_back(line.fields);
    const std::vector<bool> none_ignored(fields.size(), false);
    return judge_first_line(fields, below, fields.size() - 1, none_ignored).kind == Verdict::Kind::header;
}

/// How many lines stand above those that all have as many fields as the last one; 0 also where that says nothing.
std::size_t lines_above(std::span<const Line> lines) {
    const std::size_t width = lines.back().fields.size();
    std::size_t above = lines.size();
    while (above > 0 && lines[above - 1].fields.size() == width) --above;
    const std::size_t below = lines.size() - above;
    if (above > most_above || below < 2 || below < above || width < 2) return 0;
    // A line between others that agree is at fault itself.
    const auto agrees = [&](const Line& line) { return line.fields.size() == width; };
    if (std::ranges::any_of(lines.first(above), agrees)) return 0;
    // Two lines that agree are a table, and the lines below them are at fault.
    const std::size_t first = lines.front().fields.size();
    return above > 1 && first > 1 && lines[1].fields.size() == first ? 0 : above;
}

}  // namespace

void refuse_lines_above(const std::string& file, std::span<const Line> lines, std::string_view separator) {
    const std::size_t above = lines_above(lines);
    if (above == 0) return;
    const std::size_t width = lines.back().fields.size();
    const std::size_t first = lines.front().fields.size();
    if (above > 1) {
        fail(Failure::data,
             "{}, lines {} to {}: have other numbers of fields than the lines below, which have {} separated by {}; if "
             "they are a title, remove them",
             file, lines.front().number, lines[above - 1].number, width, separator);
    }
    const bool is_title = first == 1 || looks_like_names(lines, 1);
    if (!is_title && first + 1 == width && std::ranges::any_of(lines.front().fields, is_word)) {
        fail(Failure::data,
             "{}, line {}: has {} fields separated by {}, but line {} has {}; every row needs all columns (R leaves "
             "out the name over its row names: write the table with row.names = FALSE)",
             file, lines[1].number, width, separator, lines.front().number, first);
    }
    fail(Failure::data, "{}, line {}: has {} field{}, but the lines below have {} separated by {}; {}", file,
         lines.front().number, first, first == 1 ? "" : "s", width, separator,
         is_title ? "it looks like a title: remove it"
                  : "every row needs all columns: put it right, or remove it if it is no row");
}

bool has_second_header(std::span<const Line> lines) {
    const auto same = [&](const Line& line) { return line.fields.size() == lines.front().fields.size(); };
    return lines.size() > 2 && std::ranges::all_of(lines, same) && looks_like_names(lines, 1);
}

}  // namespace ensemble::data
