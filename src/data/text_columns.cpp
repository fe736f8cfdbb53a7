#include "data/text_columns.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/decimal.hpp"
#include "data/field.hpp"
#include "data/file_bytes.hpp"
#include "data/first_line.hpp"
#include "data/number.hpp"
#include "data/records.hpp"
#include "data/table_shape.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr std::size_t most_told = 5;           // columns of one kind
constexpr std::size_t lines_to_look_at = 101;  // the first, and a hundred to hold it against

Words copy(const Fields& fields) {
    return {fields.begin(), fields.end()};
}

/// How many fields at the end of `fields` are empty.
std::size_t empty_at_end(const Fields& fields) {
    const auto last = std::find_if(fields.rbegin(), fields.rend(), [](auto field) { return !field.empty(); });
    return static_cast<std::size_t>(last - fields.rbegin());
}

class ColumnsReader {
public:
    ColumnsReader(const fs::path& path, const ColumnChoice& choice, const Columns* like)
        : records_(FileBytes(path).read_text(), path.string()), choice_(choice), like_(like) {
        columns_.file = path.string();
    }

    Columns read() {
        look_ahead();
        settle_width();
        refuse_lines_above(columns_.file, ahead_, records_.separator_name());
        first_ = copy(ahead_.front().fields);
        columns_.count = first_.size();
        if (like_ != nullptr) {
            check_count();
        } else if (columns_.count < 2) {
            refuse_one_column();
        }
        if (is_header()) columns_.header = first_;
        choose_columns();
        const std::size_t rows_from = columns_.header.empty() ? 0 : 1;
        if (ahead_.size() == rows_from) {
            fail(Failure::data, "{}: holds a header and no rows; give a table with numbers", columns_.file);
        }
        for (std::size_t i = rows_from; i < ahead_.size(); ++i) add(ahead_[i].fields, ahead_[i].number);
        while (records_.next()) add(records_.fields(), records_.line());
        note_comments();
        return std::move(columns_);
    }

private:
    [[nodiscard]] std::size_t first_line() const { return ahead_.front().number; }

    void look_ahead() {
        while (ahead_.size() < lines_to_look_at && records_.next()) {
            ahead_.push_back(
                {.fields = {records_.fields().begin(), records_.fields().end()}, .number = records_.line()});
        }
        if (ahead_.empty()) fail(Failure::data, "{}: holds no rows; give a table with numbers", columns_.file);
    }

    /// Many programs end every line with a separator: what would be columns behind it are none.
    void settle_width() {
        if (records_.separator() == ' ' || ahead_.size() < 2) return;
        const std::size_t width = ahead_.front().fields.size();
        const bool first_is_shorter = ahead_[1].fields.size() == width + 1;
        std::size_t empty = first_is_shorter ? 1 : empty_at_end(ahead_.front().fields);
        for (std::size_t i = 1; i < ahead_.size(); ++i) {
            if (ahead_[i].fields.size() != ahead_[1].fields.size()) return;
            empty = std::min(empty, empty_at_end(ahead_[i].fields));
        }
        if (empty == 0 || (!first_is_shorter && ahead_[1].fields.size() != width)) return;
        for (std::size_t i = first_is_shorter ? 1 : 0; i < ahead_.size(); ++i) {
            ahead_[i].fields.resize(ahead_[i].fields.size() - empty);
        }
        left_out_ = empty;
        columns_.notes.push_back(
            fmt::format("{}: every line ends with {} of its {}; what would be {} behind is left out", columns_.file,
                        empty == 1 ? "one" : std::to_string(empty), records_.separator_name(),
                        empty == 1 ? "a column" : "columns"));
    }

    void note_comments() {
        const auto lines = records_.likely_comments();
        if (lines.empty()) return;
        columns_.notes.push_back(fmt::format(
            "{}, line {}{}: taken for a comment and passed over, although it has as many fields as the "
            "rows; write its first field in double quotes if it is a row",
            columns_.file, lines.front(), lines.size() == 1 ? "" : fmt::format(" and {} more", lines.size() - 1)));
    }

    [[noreturn]] void refuse_one_column() const {
        fail(Failure::data,
             "{}, line {}: has one column, but a table needs features and a target; separate fields by commas, "
             "semicolons, tabs, | or blanks",
             columns_.file, first_line());
    }

    [[nodiscard]] bool is_header() {
        FirstLines lines{.file = columns_.file, .number = first_line(), .first = first_, .below = {}};
        for (std::size_t i = 1; i < ahead_.size(); ++i) lines.below.push_back(ahead_[i].fields);
        return has_header(lines, choice_, like_, columns_.notes);
    }

    // -- the columns -----------------------------------------------------------------------------------------------

    [[nodiscard]] ColumnNames names(bool has_header) const {
        return {
            .file = columns_.file, .count = columns_.count, .names = has_header ? first_ : Words{}, .first = first_};
    }

    [[nodiscard]] std::vector<WantedColumn> ignored() const {
        return choice_.ignore.empty() ? std::vector<WantedColumn>{} : parse_columns(choice_.ignore);
    }

    void choose_columns() {
        if (like_ != nullptr) {
            check_header();
            columns_.targets = like_->targets;
            columns_.words.resize(columns_.targets.size());
            columns_.ignored = like_->ignored;
            columns_.places = like_->places;
            return;
        }
        choose_targets();
        columns_.ignored.assign(columns_.count, false);
        for (const WantedColumn& column : ignored()) {
            const std::size_t place = find("--ignore", column);
            if (is_target(place)) {
                fail(Failure::usage, "--ignore {}: is {} to be learnt; name another one with --target",
                     excerpt(column.text), columns_.targets.size() == 1 ? "the column" : "a column");
            }
            columns_.ignored[place] = true;
        }
        for (std::size_t i = 0; i < columns_.count; ++i) {
            if (!is_target(i) && !columns_.ignored[i]) columns_.places.push_back(i);
        }
        if (columns_.places.empty()) {
            const bool all_learnt = choice_.ignore.empty();
            fail(Failure::usage, "{} {}: leaves no feature of {}", all_learnt ? "--target" : "--ignore",
                 excerpt(all_learnt ? choice_.target : choice_.ignore), columns_.file);
        }
    }

    [[nodiscard]] bool is_target(std::size_t place) const {
        return std::ranges::find(columns_.targets, place) != columns_.targets.end();
    }

    void choose_targets() {
        if (choice_.target.empty()) columns_.targets = {columns_.count - 1};
        const auto wanted =
            choice_.target.empty() ? std::vector<WantedColumn>{} : wanted_targets(choice_.target, first_);
        for (const WantedColumn& column : wanted) {
            const std::size_t place = find("--target", column);
            const auto same = std::ranges::find(columns_.targets, place);
            if (same != columns_.targets.end()) {
                const WantedColumn& other = wanted[static_cast<std::size_t>(same - columns_.targets.begin())];
                fail(Failure::usage, "--target {}: {} and {} are both {}; name it once, by its name or else its number",
                     excerpt(choice_.target), excerpt(other.text), excerpt(column.text),
                     column_name(columns_.header, place));
            }
            columns_.targets.push_back(place);
        }
        columns_.words.resize(columns_.targets.size());
    }

    /// A name wins over a number; where both are possible, that is said.
    [[nodiscard]] std::size_t find(std::string_view option, const WantedColumn& wanted) {
        const std::size_t place = find_column(option, wanted, names(!columns_.header.empty()));
        const auto number = wanted.may_be_number() ? parse_number(wanted.text) : std::nullopt;
        const bool is_ambiguous = number && *number >= 1 && *number <= static_cast<double>(columns_.count) &&
                                  static_cast<std::size_t>(*number) - 1 != place;
        if (is_ambiguous) {
            columns_.notes.push_back(fmt::format("{} {} is the column of that name, {}; {} is another", option,
                                                 wanted.text, column_name(columns_.header, place),
                                                 column_name(columns_.header, static_cast<std::size_t>(*number) - 1)));
        }
        return place;
    }

    /// What one list of names has and the other lacks.
    static std::optional<std::string> lacking(const Words& list, const Words& other) {
        for (const std::string& name : list) {
            if (std::ranges::find(other, name) == other.end()) return name;
        }
        return std::nullopt;
    }

    void check_count() const {
        if (columns_.count == like_->count) return;
        const bool has_names = !like_->header.empty() && std::ranges::any_of(first_, [&](const std::string& name) {
            return std::ranges::find(like_->header, name) != like_->header.end();
        });
        std::string names;
        if (has_names) {
            const auto missing = lacking(like_->header, first_);
            const auto extra = lacking(first_, like_->header);
            if (missing) names += fmt::format(" (no '{}')", excerpt(*missing));
            if (extra) names += fmt::format(" ('{}' is new)", excerpt(*extra));
        }
        fail(Failure::data, "{}, line {}: has {} fields separated by {}{}, but {} has {}; both need the same columns",
             columns_.file, first_line(), columns_.count, records_.separator_name(), names, like_->file, like_->count);
    }

    void check_header() const {
        if (like_->header.empty() || columns_.header.empty() || like_->header == columns_.header) return;
        const auto [mine, theirs] = std::ranges::mismatch(columns_.header, like_->header);
        const bool is_other_order = std::ranges::is_permutation(columns_.header, like_->header);
        const bool is_row = parse_number(*mine).has_value() != parse_number(*theirs).has_value();
        std::string_view aside;
        if (is_row && choice_.header == Header::yes) {
            aside =
                " (--header yes makes the first line of both files names: leave that option out, or add the names "
                "to the file that lacks them)";
        }
        if (is_other_order) aside = " (only the order differs)";
        fail(Failure::data, "{}, line {}: column {} is '{}', but '{}' in {}; both need the same columns in one order{}",
             columns_.file, first_line(), mine - columns_.header.begin() + 1, excerpt(*mine), excerpt(*theirs),
             like_->file, aside);
    }

    // -- the rows --------------------------------------------------------------------------------------------------

    void add(std::span<const std::string_view> fields, std::size_t line) {
        if (left_out_ > 0 && fields.size() == columns_.count + left_out_) fields = without_end(fields, line);
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
        if (rounded_told_++ >= most_told) return;
        columns_.notes.push_back(
            fmt::format("{}, line {}, {}: {} is rounded to {:.0f}, as whole numbers beyond 2^53 are; {} leaves out a "
                        "column that names rows, else write how far its numbers are from one of them",
                        columns_.file, line, column_name(columns_.header, place), excerpt(field), number,
                        ignore_option(columns_.header, place)));
    }

    [[nodiscard]] std::span<const std::string_view> without_end(std::span<const std::string_view> fields,
                                                                std::size_t line) const {
        const auto end = fields.subspan(columns_.count);
        const auto full = std::ranges::find_if(end, [](auto field) { return !field.empty(); });
        if (full != end.end()) {
            fail(Failure::data,
                 "{}, line {}: ends with the field '{}', where the lines before end with one of the {} and nothing "
                 "behind; every row needs the same columns",
                 columns_.file, line, excerpt(*full), records_.separator_name());
        }
        return fields.first(columns_.count);
    }

    [[noreturn]] void refuse_count(std::span<const std::string_view> fields, std::size_t line) const {
        // Of a header and a single row nothing but this can be told.
        const bool has_row_names =
            !columns_.header.empty() && fields.size() == columns_.count + 1 && ahead_.size() == 2;
        fail(
            Failure::data,
            "{}, line {}: has {} field{} separated by {}, but line {} has {}; every row needs all columns{}",
            columns_.file, line, fields.size(), fields.size() == 1 ? "" : "s", records_.separator_name(), first_line(),
            columns_.count,
            has_row_names ? " (R leaves out the name over its row names: write the table with row.names = FALSE)" : "");
    }

    [[noreturn]] void refuse(std::string_view field, std::size_t place, std::size_t line) {
        const bool in_first = columns_.header.empty() && line == first_line();
        const bool was_told = in_first && choice_.header == Header::no;
        if (!was_told && ahead_.size() > 1 && line <= ahead_[1].number && has_second_header(ahead_)) {
            fail(Failure::data,
                 "{}, line {}: looks like the names of the columns, of which a table has one line, the first: remove "
                 "line {} if it is a title, line {} if it holds units",
                 columns_.file, ahead_[1].number, first_line(), ahead_[1].number);
        }
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
        std::string advice = advice_on(field, records_.separator(), ignore_option(columns_.header, place));
        if (was_told) advice = "--header no makes this line a row: leave that out if it holds the names of the columns";
        if (!columns_.header.empty() && field == columns_.header[place]) {
            advice = "the line repeats the names of the columns, as in files joined end to end: remove it";
        }
        fail(Failure::data, "{}: '{}' is not a number; {}{}", where, excerpt(field), advice, aside);
    }

    /// How many of the rows behind `line` lack a feature, as far as they can be read.
    [[nodiscard]] std::size_t gaps_after(std::size_t line) {
        std::size_t count = 0;
        const auto examine = [&](const Fields& fields, std::size_t number) {
            const auto lacks = [&](std::size_t place) { return place < fields.size() && is_gap(fields[place]); };
            if (number > line && std::ranges::any_of(columns_.places, lacks)) ++count;
        };
        for (const Line& ahead : ahead_) examine(ahead.fields, ahead.number);
        try {
            while (records_.next()) examine({records_.fields().begin(), records_.fields().end()}, records_.line());
        } catch (const core::Error&) {
            // The gap comes before this fault, and is the one to tell.
        }
        return count;
    }

    Records records_;
    const ColumnChoice& choice_;
    const Columns* like_;
    std::vector<Line> ahead_;   ///< the first lines, whose fields lie in records_
    std::size_t left_out_ = 0;  ///< empty fields at the end of every row
    Words first_;
    Columns columns_;
    std::vector<bool> is_rounded_;  ///< by column; empty: none
    std::size_t rounded_told_ = 0;
};

}  // namespace

Columns read_columns(const fs::path& path, const ColumnChoice& choice, const Columns* like) {
    return ColumnsReader(path, choice, like).read();
}

}  // namespace ensemble::data
