#include "data/left_out.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "data/numbering.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t most_told = 5;

/// Words are no names of rows where there are fewer.
constexpr std::size_t fewest_rows = 20;
constexpr double nearly_all = 0.95;

std::string name_in(const Columns& columns, std::size_t place) {
    return columns.header.empty() ? std::string{} : columns.header[place];
}

/// One value in all rows, or none in any.
bool is_constant(const Columns& columns, std::size_t feature) {
    const std::size_t width = columns.places.size();
    const std::size_t rows = columns.lines.size();
    if (columns.missing[feature] > 0 && columns.missing[feature] < rows) return false;  // that it is missing tells
    for (std::size_t row = 1; row < rows; ++row) {
        const double value = columns.features[row * width + feature];
        if (value != columns.features[feature] && !std::isnan(value)) return false;
    }
    return true;
}

/// A category with a level of its own in nearly every row that has one.
bool has_words_for_rows(const Columns& columns, std::size_t feature) {
    const std::size_t rows = columns.lines.size() - columns.missing[feature];
    const Column& column = columns.schema[feature];
    return column.kind == ColumnKind::category && rows >= fewest_rows &&
           static_cast<double>(column.levels.size()) >= nearly_all * static_cast<double>(rows);
}

/// Why each feature is left out; empty where it is not.
std::vector<std::string> reasons_of(const Columns& columns, const std::vector<Numbering>& numberings) {
    std::vector<std::string> reasons(columns.places.size());
    for (std::size_t i = 0; i < reasons.size(); ++i) {
        const std::size_t place = columns.places[i];
        const bool asked_for = columns.used[place] || columns.categorical[place];
        if (asked_for) continue;
        const std::string name = name_in(columns, place);
        // An index that a program wrote has no name where all other columns have one.
        const bool is_called_so = names_rows(name) || (name.empty() && !columns.header.empty());
        if (is_constant(columns, i)) {
            reasons[i] = "is the same in every row";
        } else if (numberings[i] == Numbering::identifies || (numberings[i] == Numbering::counts && is_called_so)) {
            reasons[i] =
                numberings[i] == Numbering::counts ? "counts the rows" : "has a number of its own in every row";
        } else if (has_words_for_rows(columns, i)) {
            reasons[i] = "has a word of its own in nearly every row";
        }
    }
    return reasons;
}

std::vector<Numbering> numberings_of(const Columns& columns) {
    std::vector<std::string> names;
    for (const std::size_t place : columns.places) names.push_back(name_in(columns, place));
    std::vector<Numbering> found = find_numberings(columns.features, names);
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (columns.schema[i].kind == ColumnKind::category) found[i] = Numbering::none;
    }
    return found;
}

template <class Value>
void keep_of(std::vector<Value>& values, const std::vector<bool>& keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
        if (keep[i] && kept++ != i) values[kept - 1] = std::move(values[i]);
    }
    values.resize(kept);
}

/// Only the features marked stay.
void keep(Columns& columns, const std::vector<bool>& marked) {
    const std::size_t width = columns.places.size();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < columns.features.size(); ++i) {
        if (marked[i % width]) columns.features[kept++] = columns.features[i];
    }
    columns.features.resize(kept);
    keep_of(columns.places, marked);
    keep_of(columns.schema, marked);
    keep_of(columns.missing, marked);
    keep_of(columns.unknown, marked);
}

void tell(Columns& columns) {
    for (std::size_t i = 0; i < std::min(most_told, columns.left_out.size()); ++i) {
        const LeftOut& each = columns.left_out[i];
        columns.notes.push_back(fmt::format("{} {} and is left out; {} keeps it",
                                            column_name(columns.header, each.place), each.why,
                                            column_option("--use", columns.header, each.place)));
    }
    if (columns.left_out.size() > most_told)
        columns.notes.push_back(fmt::format("{} more columns are left out for such reasons; --describe lists all",
                                            columns.left_out.size() - most_told));
}

}  // namespace

void leave_out(Columns& columns) {
    const std::vector<Numbering> numberings = numberings_of(columns);
    std::vector<std::string> reasons = reasons_of(columns, numberings);
    const bool leaves_nothing = std::ranges::none_of(reasons, [](const std::string& reason) { return reason.empty(); });
    if (leaves_nothing) std::ranges::fill(reasons, std::string{});
    std::size_t told = 0;
    for (std::size_t i = 0; i < reasons.size() && told < most_told; ++i) {
        const std::size_t place = columns.places[i];
        if (numberings[i] == Numbering::none || !reasons[i].empty() || columns.used[place]) continue;
        ++told;
        columns.notes.push_back(fmt::format("{} {}; {} leaves it out", column_name(columns.header, place),
                                            numberings[i] == Numbering::counts
                                                ? "counts the rows"
                                                : "has a number of its own in every row, as if it named the rows",
                                            ignore_option(columns.header, place)));
    }
    std::vector<bool> marked;
    for (std::size_t i = 0; i < reasons.size(); ++i) {
        marked.push_back(reasons[i].empty());
        if (!reasons[i].empty()) columns.left_out.push_back({.place = columns.places[i], .why = reasons[i]});
    }
    tell(columns);
    if (!columns.left_out.empty()) keep(columns, marked);
}

}  // namespace ensemble::data
