#include "data/table_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/decimal.hpp"
#include "data/field.hpp"
#include "data/level_counts.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_roundings_told = 5;
constexpr std::size_t most_odd_levels = 50;
constexpr double not_there = std::numeric_limits<double>::quiet_NaN();

class RowReader {
public:
    RowReader(TableLines& lines, const ColumnChoice& choice, const Columns* like, Columns& columns)
        : lines_(lines), choice_(choice), like_(like), columns_(columns) {
        const std::size_t width = columns.places.size();
        columns_.words.assign(columns_.targets.size(), {});
        columns_.features.clear();
        columns_.weights.clear();
        columns_.groups.clear();
        columns_.lines.clear();
        columns_.missing.assign(width, 0);
        columns_.unknown.assign(width, 0);
        levels_.resize(width);
        first_words_.resize(width);
    }

    /// Of each feature, whether its words are levels.
    void read(const std::vector<bool>& by_level) {
        by_level_ = by_level;
        for (std::size_t i = 0; like_ != nullptr && i < levels_.size(); ++i) {
            if (by_level_[i]) levels_[i] = std::make_unique<LevelCounts>(like_->schema[i].levels);
        }
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            if (by_level_[i] && !levels_[i]) levels_[i] = std::make_unique<LevelCounts>();
        }
        const auto rows = lines_.head().subspan(columns_.header.empty() ? 0 : 1);
        if (rows.empty()) fail(Failure::data, "{}: holds a header and no rows; give a table with rows", columns_.file);
        for (const Line& line : rows) add(line.fields, line.number);
        while (lines_.next()) add(lines_.row(), lines_.number());
    }

    /// Features in which a word stands where numbers are expected.
    [[nodiscard]] bool has_words(std::size_t feature) const { return first_words_[feature].has_value(); }

    /// Refuses columns whose words are no levels, numbers the levels of the others in their order.
    void conclude() {
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            if (!by_level_[i]) continue;
            columns_.schema[i].kind = ColumnKind::category;
            columns_.unknown[i] = levels_[i]->unknown();
            if (like_ != nullptr) continue;
            if (!columns_.categorical[columns_.places[i]]) require_levels(i);
            const std::vector<std::size_t> places = levels_[i]->sorted(columns_.schema[i].levels);
            const std::size_t width = levels_.size();
            for (std::size_t at = i; at < columns_.features.size(); at += width) {
                double& value = columns_.features[at];
                if (!std::isnan(value)) value = static_cast<double>(places[static_cast<std::size_t>(value)]);
            }
        }
    }

private:
    void add(std::span<const std::string_view> fields, std::size_t line) {
        if (fields.size() != columns_.count) refuse_count(fields, line);
        for (std::size_t i = 0; i < columns_.targets.size(); ++i) {
            columns_.words[i].emplace_back(fields[columns_.targets[i]]);
        }
        for (std::size_t i = 0; i < columns_.places.size(); ++i) {
            const std::string_view field = fields[columns_.places[i]];
            columns_.features.push_back(by_level_[i] ? level(field, i, line) : number(field, i, line));
        }
        // Test rows are not learnt from, so that their weights are of no use.
        if (columns_.weight && like_ == nullptr) columns_.weights.push_back(weight(fields[*columns_.weight], line));
        if (columns_.group) columns_.groups.push_back(group(fields[*columns_.group], line));
        columns_.lines.push_back(line);
    }

    [[nodiscard]] std::string where(std::size_t place, std::size_t line) const {
        return fmt::format("{}, line {}, {}", columns_.file, line, column_name(columns_.header, place));
    }

    [[nodiscard]] double weight(std::string_view field, std::size_t line) const {
        const auto number = parse_feature(field);
        if (number && std::isfinite(*number) && *number >= 0) return *number;
        fail(Failure::data, "{}: {} is no weight of a row; write a number of at least 0, or choose another --weight",
             where(*columns_.weight, line), field.empty() ? "nothing" : fmt::format("'{}'", excerpt(field)));
    }

    [[nodiscard]] std::string group(std::string_view field, std::size_t line) const {
        // What test rows lack keeps nothing from being learnt.
        if (is_gap(field) && like_ == nullptr) {
            fail(Failure::data, "{}: the group of the row is missing{}; write one, or choose another --group",
                 where(*columns_.group, line), field.empty() ? "" : fmt::format(" ('{}')", field));
        }
        return std::string(is_gap(field) ? std::string_view{} : field);
    }

    double level(std::string_view field, std::size_t feature, std::size_t line) {
        return is_gap(field) ? gap(field, feature, line) : levels_[feature]->place_of(field, line);
    }

    double number(std::string_view field, std::size_t feature, std::size_t line) {
        const std::size_t place = columns_.places[feature];
        const auto number = parse_feature(field);
        if (number) {
            constexpr double most_exact = 9'007'199'254'740'992.0;  // 2^53
            if (std::abs(*number) >= most_exact) look_for_rounding(field, *number, place, line);
            return *number;
        }
        if (is_gap(field)) return gap(field, feature, line);
        if (like_ != nullptr) refuse(field, place, line);
        if (!first_words_[feature]) first_words_[feature] = line;
        return not_there;
    }

    double gap(std::string_view field, std::size_t feature, std::size_t line) {
        if (choice_.missing == Missing::refuse) refuse(field, columns_.places[feature], line);
        ++columns_.missing[feature];
        return not_there;
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

    /// A column that is mostly numbers has a word by mistake, and one of numbers as people write them is none of
    /// levels, unless the user says so.
    void require_levels(std::size_t feature) {
        const LevelCounts& counts = *levels_[feature];
        const std::size_t place = columns_.places[feature];
        const LevelCounts::Level* const word = counts.first([](const auto& each) { return !parse_feature(each.name); });
        if (word == nullptr) return;
        if (2 * counts.rows([](const auto& each) { return parse_feature(each.name).has_value(); }) >= counts.rows())
            refuse(word->name, place, word->line);
        // Of many levels, numbers with a unit or of a range are numbers as well.
        const bool are_many = counts.levels().size() > most_odd_levels;
        const auto is_odd = [&](const LevelCounts::Level& each) {
            return !parse_feature(each.name) &&
                   (reads_as_number(each.name) || (are_many && !advice_on_number(each.name).empty()));
        };
        if (2 * counts.rows(is_odd) <= counts.rows()) return;
        const LevelCounts::Level& odd = *counts.first(is_odd);
        refuse(odd.name, place, odd.line);
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
        const bool was_told = in_first && choice_.header == Header::no;
        if (!was_told) refuse_second_header(line);
        const std::string_view aside =
            in_first && !was_told ? " (the line was taken for a row; --header yes makes it the names of the columns)"
                                  : "";
        const std::string where = this->where(place, line);
        if (is_gap(field)) {
            const std::size_t more = gaps_after(line);
            fail(Failure::data,
                 "{}: a value is missing{}{}; fill it in, remove the row, or choose --missing indicate{}", where,
                 field.empty() ? "" : fmt::format(" ('{}')", field),
                 more == 0 ? "" : fmt::format(", and {} more row{} gaps", more, more == 1 ? " has" : "s have"), aside);
        }
        std::string advice = advice_on(field, lines_.separator(), ignore_option(columns_.header, place),
                                       column_option("--categorical", columns_.header, place));
        if (was_told) advice = "--header no makes this line a row: leave that out if it holds the names of the columns";
        if (!columns_.header.empty() && field == columns_.header[place]) {
            advice = "the line repeats the names of the columns, as in files joined end to end: remove it";
        }
        fail(Failure::data, "{}: '{}' is not a number{}; {}{}", where, excerpt(field),
             like_ == nullptr ? "" : fmt::format(", as those of {} are", like_->file), advice, aside);
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
    const ColumnChoice& choice_;
    const Columns* like_;
    Columns& columns_;
    std::vector<bool> by_level_;                           ///< by feature
    std::vector<std::unique_ptr<LevelCounts>> levels_;     ///< by feature; of categories
    std::vector<std::optional<std::size_t>> first_words_;  ///< by feature: the line of the first word among numbers
    std::vector<bool> is_rounded_;                         ///< by column; empty: none
    std::size_t roundings_told_ = 0;
};

/// Features that are categories as far as the first lines tell: by more words than numbers.
std::vector<bool> guess_categories(const TableLines& lines, const Columns& columns) {
    const auto rows = lines.head().subspan(columns.header.empty() ? 0 : 1);
    std::vector<bool> are;
    for (const std::size_t place : columns.places) {
        std::size_t numbers = 0;
        std::size_t words = 0;
        for (const Line& line : rows) {
            if (place >= line.fields.size() || is_gap(line.fields[place])) continue;
            ++(parse_feature(line.fields[place]) ? numbers : words);
        }
        are.push_back(columns.categorical[place] || words > numbers);
    }
    return are;
}

}  // namespace

void read_rows(TableLines& lines, const std::filesystem::path& path, const ColumnChoice& choice, const Columns* like,
               Columns& columns) {
    columns.schema.assign(columns.places.size(), {});
    if (like != nullptr) columns.schema = like->schema;
    std::vector<bool> are_categories = guess_categories(lines, columns);
    for (std::size_t i = 0; like != nullptr && i < are_categories.size(); ++i)
        are_categories[i] = like->schema[i].kind == ColumnKind::category;
    RowReader first(lines, choice, like, columns);
    first.read(are_categories);
    bool again = false;
    for (std::size_t i = 0; i < are_categories.size(); ++i) {
        if (!first.has_words(i)) continue;
        are_categories[i] = true;
        again = true;
    }
    if (!again) return first.conclude();
    std::vector<std::string> told;  // already
    TableLines once_more(path, told);
    columns.notes.clear();
    RowReader second(once_more, choice, like, columns);
    second.read(are_categories);
    second.conclude();
}

}  // namespace ensemble::data
