#include "data/header.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

/// From so many rows on, what they have in common is no chance.
constexpr std::size_t enough_rows = 5;

bool is_name_number(std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

bool has_letter(std::string_view word) {
    return std::ranges::any_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80U;
    });
}

bool is_written_whole(std::string_view word) {
    return is_name_number(word.starts_with('-') || word.starts_with('+') ? word.substr(1) : word);
}

/// Rising by one step from each to the next; two numbers by 1, since any two have some step.
bool is_run(std::span<const double> values) {
    if (values.size() < 2) return false;
    const double step = values[1] - values[0];
    if (!(step > 0) || (values.size() == 2 && step != 1)) return false;
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (std::abs(values[i] - values[i - 1] - step) > 1e-9 * std::max(1.0, std::abs(values[i]))) return false;
    }
    return true;
}

/// Every column that counts has its own place for a name, counted from `from`: 0 as pandas does it, or 1.
bool are_places(const Fields& first, const std::vector<bool>& ignored, double from) {
    for (std::size_t i = 0; i < first.size(); ++i) {
        const bool fits = is_name_number(first[i]) && parse_number(first[i]) == from + static_cast<double>(i);
        if (!ignored[i] && !fits) return false;
    }
    return true;
}

/// A feature that is a number, or missing, in all rows below.
struct NumericColumn {
    std::size_t place = 0;
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    bool has_whole = false;  ///< a number without a point
};

/// What the lines below say.
class Below {
public:
    Below(const Fields& first, std::span<const Fields> rows, std::size_t target, const std::vector<bool>& ignored)
        : rows_(rows), target_(target) {
        for (std::size_t i = 0; i < first.size(); ++i) {
            if (i != target && !ignored[i]) examine(i);
        }
        for (const Fields& row : rows) {
            if (target < row.size()) ++targets_[row[target]];
        }
    }

    [[nodiscard]] const std::vector<NumericColumn>& numeric() const { return numeric_; }
    [[nodiscard]] bool has_enough() const { return rows_.size() >= enough_rows; }
    [[nodiscard]] bool has_target(std::string_view word) const { return targets_.contains(word); }

    [[nodiscard]] bool targets_are_numbers() const {
        return std::ranges::all_of(targets_, [](const auto& t) { return parse_number(t.first) || is_gap(t.first); });
    }

    /// Every class is seen more than once.
    [[nodiscard]] bool targets_recur() const {
        return rows_.size() >= 4 && std::ranges::all_of(targets_, [](const auto& t) { return t.second > 1; });
    }

    /// So often, in so many rows, that a class of its own in the first line is hardly one.
    [[nodiscard]] bool targets_abound() const {
        return rows_.size() >= 20 && std::ranges::all_of(targets_, [](const auto& t) { return t.second > 2; });
    }

    /// Rows that rise step by step in these columns, as names do.
    [[nodiscard]] bool mostly_runs(const std::vector<const NumericColumn*>& columns) const {
        std::size_t runs = 0;
        for (const Fields& row : rows_) {
            std::vector<double> values;
            for (const NumericColumn* column : columns) {
                values.push_back(parse_feature(row.at(column->place)).value_or(0));
            }
            runs += is_run(values) ? 1 : 0;
        }
        return 2 * runs >= rows_.size();
    }

private:
    void examine(std::size_t place) {
        NumericColumn column{.place = place};
        bool has_number = false;
        for (const Fields& row : rows_) {
            if (place >= row.size()) return;
            const auto number = parse_feature(row[place]);
            if (!number && !is_gap(row[place])) return;
            if (!number) continue;
            has_number = true;
            column.low = std::min(column.low, *number);
            column.high = std::max(column.high, *number);
            column.has_whole = column.has_whole || is_written_whole(row[place]);
        }
        if (has_number) numeric_.push_back(column);
    }

    std::span<const Fields> rows_;
    std::size_t target_;
    std::vector<NumericColumn> numeric_;
    std::map<std::string_view, std::size_t> targets_;
};

/// The first line where the columns below are numbers.
struct FirstLine {
    std::size_t words = 0;
    std::size_t empty = 0;
    std::vector<double> numbers;
    std::vector<const NumericColumn*> places;  ///< of the numbers
    bool are_names = false;                    ///< the numbers could be

    FirstLine(const Fields& first, const Below& below) {
        bool all_whole = true;
        for (const NumericColumn& column : below.numeric()) {
            const std::string_view word = first[column.place];
            if (const auto number = parse_feature(word)) {
                numbers.push_back(*number);
                places.push_back(&column);
                all_whole = all_whole && is_name_number(word);
            } else if (is_gap(word)) {
                // pandas gives its index no name.
                empty += word.empty() && column.place == 0 ? 1 : 0;
                all_whole = all_whole && word.empty() && column.place == 0;
            } else if (!has_letter(word)) {
                all_whole = false;  // a number that is written oddly, more likely than a name
            } else {
                ++words;
            }
        }
        std::vector<double> sorted = numbers;
        std::ranges::sort(sorted);
        const bool all_differ = std::ranges::adjacent_find(sorted) == sorted.end();
        are_names = !numbers.empty() && all_differ && (all_whole || (numbers.size() > 2 && is_run(numbers)));
    }

    /// Every number is farther from the values below than they are from each other.
    [[nodiscard]] bool is_far_outside() const {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const double spread = places[i]->high - places[i]->low;
            if (numbers[i] >= places[i]->low - spread && numbers[i] <= places[i]->high + spread) return false;
        }
        return numbers.size() > 1;
    }

    [[nodiscard]] bool is_outside() const {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (numbers[i] < places[i]->low || numbers[i] > places[i]->high) return true;
        }
        return false;
    }
};

/// For a line of which the features are numbers that could be names.
/// `all`: those of the features and of the target, in their order.
Verdict judge_numbers(const FirstLine& line, const Below& below, bool target_is_new, const std::vector<double>& all) {
    using enum Verdict::Kind;
    constexpr std::string_view why = "its numbers could be values or the names of columns";
    const bool is_name_run = is_run(line.numbers) && !below.mostly_runs(line.places);
    const bool over_decimals = std::ranges::none_of(line.places, [](const auto* column) { return column->has_whole; });
    if (below.has_enough()) {
        if (over_decimals && line.numbers.size() > 1 && (target_is_new || is_name_run)) return {header, why};
        if (is_name_run && line.numbers.size() > 2 && target_is_new) return {header, why};
        if (is_name_run && line.numbers.size() > 3 && line.is_outside()) return {header, why};
    }
    const bool is_suspect = (target_is_new && below.targets_recur()) || (is_name_run && line.numbers.size() > 2) ||
                            (is_run(all) && all.size() > 2 && !below.mostly_runs(line.places)) ||
                            (over_decimals && below.has_enough()) || line.empty > 0 ||
                            (below.has_enough() && line.is_far_outside());
    return {is_suspect ? doubt : row, why};
}

/// Where no column below is all numbers, by the line alone.
Verdict judge_alone(const Fields& first, std::size_t target, const std::vector<bool>& ignored) {
    std::size_t words = 0;
    std::size_t features = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (i == target || ignored[i]) continue;
        ++features;
        words += !parse_feature(first[i]) && !is_gap(first[i]) ? 1 : 0;
    }
    return {2 * words > features ? Verdict::Kind::header : Verdict::Kind::row, ""};
}

}  // namespace

Verdict judge_first_line(const Fields& first, std::span<const Fields> rows, std::size_t target,
                         const std::vector<bool>& ignored) {
    using enum Verdict::Kind;
    const Below below(first, rows, target, ignored);
    if (below.numeric().empty()) return judge_alone(first, target, ignored);
    const FirstLine line(first, below);
    const std::string_view word = target < first.size() ? first[target] : std::string_view{};
    const bool target_is_new = !word.empty() && !below.has_target(word);
    const bool is_word_over_numbers =
        target_is_new && !parse_number(word) && !is_gap(word) && below.targets_are_numbers();
    if (line.words > line.numbers.size() + line.empty) return {header, ""};
    if (line.words == 0 && !line.are_names && target_is_new && !is_gap(word) && below.targets_abound()) {
        return {doubt, "no other line has its class"};
    }
    if (line.words == 0 && !line.are_names) {
        return {is_word_over_numbers ? doubt : row, "a word stands over the numbers of the column to be learnt"};
    }
    std::vector<double> all;  // in their order, with that of the target
    for (std::size_t i = 0; i < first.size(); ++i) {
        const auto number = ignored[i] ? std::nullopt : parse_feature(first[i]);
        if (number) all.push_back(*number);
    }
    if (line.words == 0) {
        if (is_word_over_numbers) return {header, ""};
        const Verdict verdict = judge_numbers(line, below, target_is_new, all);
        // One feature and a target are too few to be a run; 0,1 may be there again where both are 0 or 1.
        const bool is_short = all.size() == 2 && verdict.kind == row;
        const bool are_names =
            is_short && (are_places(first, ignored, 0) ||
                         (are_places(first, ignored, 1) && std::ranges::find(rows, first) == rows.end()));
        return are_names ? Verdict{doubt, "its numbers could be values or the places of the columns"} : verdict;
    }
    if (!line.are_names) return {line.numbers.empty() && line.words > 0 ? header : row, ""};
    const bool is_sure =
        is_run(line.numbers) || is_run(all) || is_word_over_numbers || (target_is_new && below.targets_recur());
    if (is_sure) return {header, ""};
    return {doubt, "it has words over numbers, and numbers that could be names of columns"};
}

}  // namespace ensemble::data
