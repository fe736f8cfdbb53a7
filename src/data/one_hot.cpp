#include "data/one_hot.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "data/column_choice.hpp"
#include "data/number.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t fewest_looked_at = 10;

/// Which rows have a 1; nothing if a row has neither 1 nor 0.
using Ones = std::optional<std::vector<bool>>;

Ones ones_of_target(const Columns& columns) {
    std::vector<bool> ones;
    for (const std::string& word : columns.words.front()) {
        const auto value = parse_feature(word);
        if (!value || (*value != 0 && *value != 1)) return std::nullopt;
        ones.push_back(*value == 1);
    }
    return ones;
}

/// Of a column of the file; nothing if it is no feature.
Ones ones_of(const Columns& columns, std::size_t place) {
    const auto found = std::ranges::find(columns.places, place);
    if (found == columns.places.end()) return std::nullopt;
    const std::size_t width = columns.places.size();
    const auto feature = static_cast<std::size_t>(found - columns.places.begin());
    std::vector<bool> ones;
    for (std::size_t at = feature; at < columns.features.size(); at += width) {
        const double value = columns.features[at];
        if (value != 0 && value != 1) return std::nullopt;
        ones.push_back(value == 1);
    }
    return ones;
}

/// The target and the neighbours that have a 1 where none before has, until every row has one.
class Group {
public:
    explicit Group(const Columns& columns) : columns_(columns), first_(columns.targets.front()), last_(first_) {
        const Ones ones = ones_of_target(columns);
        if (!ones) return;
        has_one_ = *ones;
        while (!is_complete() && first_ > 0 && take(first_ - 1)) --first_;
        while (!is_complete() && last_ + 1 < columns.count && take(last_ + 1)) ++last_;
    }

    [[nodiscard]] bool is_complete() const {
        return !has_one_.empty() && std::ranges::find(has_one_, false) == has_one_.end();
    }
    [[nodiscard]] std::size_t first() const { return first_; }
    [[nodiscard]] std::size_t last() const { return last_; }

private:
    bool take(std::size_t place) {
        const Ones ones = ones_of(columns_, place);
        if (!ones) return false;
        for (std::size_t row = 0; row < has_one_.size(); ++row) {
            if (has_one_[row] && (*ones)[row]) return false;
        }
        for (std::size_t row = 0; row < has_one_.size(); ++row) has_one_[row] = has_one_[row] || (*ones)[row];
        return true;
    }

    const Columns& columns_;
    std::size_t first_;
    std::size_t last_;
    std::vector<bool> has_one_;  ///< by row; empty: the target has other values
};

}  // namespace

std::string note_one_hot(const Columns& columns) {
    if (columns.targets.size() > 1 || columns.lines.size() < fewest_looked_at) return {};
    const Group group(columns);
    if (!group.is_complete() || group.first() == group.last()) return {};
    std::string others;
    constexpr std::size_t most_listed = 20;
    for (std::size_t place = group.first(); place <= std::min(group.last(), group.first() + most_listed); ++place) {
        if (place == columns.targets.front()) continue;
        constexpr std::string_view option = "--ignore ";
        others += (others.empty() ? "" : ",") + ignore_option(columns.header, place).substr(option.size());
    }
    if (group.last() > group.first() + most_listed) others += ",…";
    return fmt::format(
        "columns {} to {} look like one class spread over several columns: in every row one of them is 1 and the "
        "others are 0; {} alone is learnt, and the others, as features, give it away: make them one column, or leave "
        "them out with --ignore {}",
        group.first() + 1, group.last() + 1, column_name(columns.header, columns.targets.front()), others);
}

}  // namespace ensemble::data
