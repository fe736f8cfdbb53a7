#include "data/table_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/decimal.hpp"
#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_roundings_told = 5;

class RowReader {
public:
    RowReader(TableLines& lines, Header header, Columns& columns) : lines_(lines), header_(header), columns_(columns) {
        columns_.words.resize(columns_.targets.size());
    }

    void read() {
        const auto rows = lines_.head().subspan(columns_.header.empty() ? 0 : 1);
        if (rows.empty()) {
            fail(Failure::data, "{}: holds a header and no rows; give a table with numbers", columns_.file);
        }
        for (const Line& line : rows) add(line.fields, line.number);
        while (lines_.next()) add(lines_.row(), lines_.number());
    }

private:
    void add(std::span<const std::string_view> fields, std::size_t line) {
        if (fields.size() != columns_.count) refuse_count(fields, line);
        for (std::size_t i = 0; i < columns_.targets.size(); ++i) {
            columns_.words[i].emplace_back(fields[columns_.targets[i]]);
        }
        for (const std::size_t place : columns_.places) {
            const auto number = parse_feature(fields[place]);
            if (!number) refuse(fields[place], place, line);
            constexpr double most_exact = 9'007'199'254'740'992.0;  // 2^53
            if (std::abs(*number) >= most_exact) look_for_rounding(fields[place], *number, place, line);
            columns_.features.push_back(*number);
        }
        columns_.lines.push_back(line);
    }

    void look_for_rounding(std::string_view field, double number, std::size_t place, std::size_t line) {
        if (is_rounded_.empty()) is_rounded_.assign(columns_.count, false);
        if (is_rounded_[place] || !is_rounded_whole(field, number)) return;
        is_rounded_[place] = true;
        if (roundings_told_++ >= most_roundings_told) return;
        columns_.notes.push_back(
            fmt::format("{}, line {}, {}: {} is rounded to {:.0f}, as whole numbers beyond 2^53 are; {} leaves out a "
                        "column that names rows, else write how far its numbers are from one of them",
                        columns_.file, line, column_name(columns_.header, place), excerpt(field), number,
                        ignore_option(columns_.header, place)));
    }

    [[noreturn]] void refuse_count(std::span<const std::string_view> fields, std::size_t line) const {
        // Of a header and a single row nothing but this can be told.
        const bool has_row_names =
            !columns_.header.empty() && fields.size() == columns_.count + 1 && lines_.head().size() == 2;
        fail(
            Failure::data,
            "{}, line {}: has {} field{} separated by {}, but line {} has {}; every row needs all columns{}",
            columns_.file, line, fields.size(), fields.size() == 1 ? "" : "s", lines_.separator_name(), first_line(),
            columns_.count,
            has_row_names ? " (R leaves out the name over its row names: write the table with row.names = FALSE)" : "");
    }

    [[noreturn]] void refuse(std::string_view field, std::size_t place, std::size_t line) {
        const bool in_first = columns_.header.empty() && line == first_line();
        const bool was_told = in_first && header_ == Header::no;
        if (!was_told) refuse_second_header(line);
        const std::string_view aside =
            in_first && !was_told ? " (the line was taken for a row; --header yes makes it the names of the columns)"
                                  : "";
        const std::string where =
            fmt::format("{}, line {}, {}", columns_.file, line, column_name(columns_.header, place));
        if (is_gap(field)) {
            const std::size_t more = gaps_after(line);
            fail(Failure::data, "{}: a value is missing{}{}; fill it in or remove the row{}", where,
                 field.empty() ? "" : fmt::format(" ('{}')", field),
                 more == 0 ? "" : fmt::format(", and {} more row{} gaps", more, more == 1 ? " has" : "s have"), aside);
        }
        std::string advice = advice_on(field, lines_.separator(), ignore_option(columns_.header, place));
        if (was_told) advice = "--header no makes this line a row: leave that out if it holds the names of the columns";
        if (!columns_.header.empty() && field == columns_.header[place]) {
            advice = "the line repeats the names of the columns, as in files joined end to end: remove it";
        }
        fail(Failure::data, "{}: '{}' is not a number; {}{}", where, excerpt(field), advice, aside);
    }

    /// What is wrong in the first or second line may be that both hold names.
    void refuse_second_header(std::size_t line) const {
        const auto head = lines_.head();
        if (head.size() < 2 || line > head[1].number || !has_second_header(head)) return;
        fail(Failure::data,
             "{}, line {}: looks like the names of the columns, of which a table has one line, the first: remove "
             "line {} if it is a title, line {} if it holds units",
             columns_.file, head[1].number, first_line(), head[1].number);
    }

    /// How many of the rows behind `line` lack a feature, as far as they can be read.
    [[nodiscard]] std::size_t gaps_after(std::size_t line) {
        std::size_t count = 0;
        const auto examine = [&](std::span<const std::string_view> fields, std::size_t number) {
            const auto lacks = [&](std::size_t place) { return place < fields.size() && is_gap(fields[place]); };
            if (number > line && std::ranges::any_of(columns_.places, lacks)) ++count;
        };
        for (const Line& ahead : lines_.head()) examine(ahead.fields, ahead.number);
        try {
            while (lines_.next()) examine(lines_.fields(), lines_.number());
        } catch (const core::Error&) {
            // The gap comes before this fault, and is the one to tell.
        }
        return count;
    }

    [[nodiscard]] std::size_t first_line() const { return lines_.head().front().number; }

    TableLines& lines_;
    Header header_;
    Columns& columns_;
    std::vector<bool> is_rounded_;  ///< by column; empty: none
    std::size_t roundings_told_ = 0;
};

}  // namespace

void read_rows(TableLines& lines, Header header, Columns& columns) {
    RowReader(lines, header, columns).read();
}

}  // namespace ensemble::data
