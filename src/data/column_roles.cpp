#include "data/column_roles.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
        columns_.ignored = chosen("--ignore", choice_.ignore);
        columns_.categorical = chosen("--categorical", choice_.categorical);
        columns_.used = chosen("--use", choice_.use);
        refuse_both("--categorical", columns_.categorical);
        refuse_both("--use", columns_.used);
        columns_.weight = only("--weight", choice_.weight);
        columns_.group = only("--group", choice_.group);
        refuse_several_roles();
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

    /// By column, whether a list of columns names it.
    std::vector<bool> chosen(std::string_view option, const std::string& list) {
        std::vector<bool> are(columns_.count, false);
        if (list.empty()) return are;
        for (const WantedColumn& column : parse_columns(list)) {
            const std::size_t place = find(option, column);
            if (is_target(place)) {
                fail(Failure::usage, "{} {}: is {} to be learnt; name another one with --target", option,
                     excerpt(column.text), columns_.targets.size() == 1 ? "the column" : "a column");
            }
            are[place] = true;
        }
        return are;
    }

    void refuse_both(std::string_view option, const std::vector<bool>& chosen) const {
        for (std::size_t i = 0; i < columns_.count; ++i) {
            if (!chosen[i] || !columns_.ignored[i]) continue;
            fail(Failure::usage, "{} and --ignore both name {}; name it once", option, column_name(columns_.header, i));
        }
    }

    /// The one column that an option names.
    std::optional<std::size_t> only(std::string_view option, const std::string& text) {
        if (text.empty()) return std::nullopt;
        const std::vector<bool> are = chosen(option, text);
        if (std::ranges::count(are, true) != 1)
            fail(Failure::usage, "{} {}: names several columns; name the one that has them", option, excerpt(text));
        return static_cast<std::size_t>(std::ranges::find(are, true) - are.begin());
    }

    /// What weighs or groups rows is no feature.
    void refuse_several_roles() const {
        if (columns_.weight && columns_.weight == columns_.group) {
            fail(Failure::usage, "--weight and --group both name {}; name another one",
                 column_name(columns_.header, *columns_.weight));
        }
        for (const auto& [option, place] : {std::pair("--weight", columns_.weight), {"--group", columns_.group}}) {
            if (!place) continue;
            for (const auto& [other, are] : {std::pair("--ignore", &columns_.ignored),
                                             {"--categorical", &columns_.categorical},
                                             {"--use", &columns_.used}}) {
                if (!(*are)[*place]) continue;
                fail(Failure::usage, "{} and {} both name {}, which is no feature; leave it out of {}", option, other,
                     column_name(columns_.header, *place), other);
            }
        }
    }

    void choose_features() {
        for (std::size_t i = 0; i < columns_.count; ++i) {
            const bool is_aside = columns_.ignored[i] || columns_.weight == i || columns_.group == i;
            if (!is_target(i) && !is_aside) columns_.places.push_back(i);
        }
        if (!columns_.places.empty()) return refuse_same_names();
        for (const auto& [option, text] : {std::pair("--ignore", &choice_.ignore),
                                           {"--weight", &choice_.weight},
                                           {"--group", &choice_.group},
                                           {"--target", &choice_.target}}) {
            if (!text->empty() || text == &choice_.target)
                fail(Failure::usage, "{} {}: leaves no feature of {}", option, excerpt(*text), columns_.file);
        }
    }

    /// A trained model finds its features by their names.
    void refuse_same_names() const {
        if (columns_.header.empty()) return;
        std::map<std::string_view, std::size_t> seen;
        for (const std::size_t i : columns_.places) {
            const std::string& name = columns_.header[i];
            if (name.empty()) continue;
            const auto [before, is_new] = seen.try_emplace(name, i);
            if (is_new) continue;
            fail(Failure::data,
                 "{}: columns {} and {} are both called '{}', and a model finds its columns by their names; rename "
                 "one, or leave one out with --ignore {}",
                 columns_.file, before->second + 1, i + 1, excerpt(name), i + 1);
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
    columns.categorical = like.categorical;
    columns.used = like.used;
    columns.weight = like.weight;
    columns.group = like.group;
    columns.places = like.places;
}

}  // namespace ensemble::data
