#include "data/column_roles.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

class RoleChoice {
public:
    RoleChoice(Columns& columns, const ColumnChoice& choice, const std::vector<std::string>& first)
        : columns_(columns),
          choice_(choice),
          names_({.file = columns.file, .count = columns.count, .names = columns.header, .first = first}) {}

    void settle() {
        choose_targets();
        choose_ignored();
        choose_features();
    }

private:
    void choose_targets() {
        if (choice_.target.empty()) {
            columns_.targets = {columns_.count - 1};
            return;
        }
        const auto wanted = wanted_targets(choice_.target, names_.first);
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
    }

    void choose_ignored() {
        columns_.ignored.assign(columns_.count, false);
        if (choice_.ignore.empty()) return;
        for (const WantedColumn& column : parse_columns(choice_.ignore)) {
            const std::size_t place = find("--ignore", column);
            if (is_target(place)) {
                fail(Failure::usage, "--ignore {}: is {} to be learnt; name another one with --target",
                     excerpt(column.text), columns_.targets.size() == 1 ? "the column" : "a column");
            }
            columns_.ignored[place] = true;
        }
    }

    void choose_features() {
        for (std::size_t i = 0; i < columns_.count; ++i) {
            if (!is_target(i) && !columns_.ignored[i]) columns_.places.push_back(i);
        }
        if (columns_.places.empty()) {
            const bool all_learnt = choice_.ignore.empty();
            fail(Failure::usage, "{} {}: leaves no feature of {}", all_learnt ? "--target" : "--ignore",
                 excerpt(all_learnt ? choice_.target : choice_.ignore), columns_.file);
        }
    }

    /// A name wins over a number; where both are possible, that is said.
    [[nodiscard]] std::size_t find(std::string_view option, const WantedColumn& wanted) {
        const std::size_t place = find_column(option, wanted, names_);
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

    [[nodiscard]] bool is_target(std::size_t place) const {
        return std::ranges::find(columns_.targets, place) != columns_.targets.end();
    }

    Columns& columns_;
    const ColumnChoice& choice_;
    ColumnNames names_;
};

}  // namespace

void choose_roles(Columns& columns, const ColumnChoice& choice, const std::vector<std::string>& first) {
    RoleChoice(columns, choice, first).settle();
}

void take_roles(Columns& columns, const Columns& like) {
    columns.targets = like.targets;
    columns.ignored = like.ignored;
    columns.places = like.places;
}

}  // namespace ensemble::data
