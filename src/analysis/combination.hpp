#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/block.hpp"
#include "task/kind.hpp"

namespace ensemble::analysis {

/// The ensemble's predictions of some rows.
struct Combined {
    std::vector<float> predictions;        ///< [rows × width], as a member's
    std::vector<std::int32_t> chosen;      ///< classification: [rows] the class that is decided on
    std::vector<std::int32_t> votes = {};  ///< of a vote: [rows × classes] members that choose each class
};

/// A way to make one prediction of the members': row by row, so that blocks of rows can be combined anywhere.
struct Combination {
    std::string_view name;  ///< --combine
    std::string_view text;  ///< what it is, in a line
    task::Kind kind;        ///< what it combines
    bool is_mixture;        ///< of the members' distributions, which metrics may then look at one by one

    /// The weight of each member, not negative, their sum 1, from rows that members were not trained on; what is random
    /// comes from streams of `seed`. Null: all count the same. REQUIRES: at least one member and one row.
    std::vector<double> (*fit)(const Block& held_out, std::uint64_t seed);

    /// Combines with these weights, as fit() returns them; where there are none, all count the same.
    /// REQUIRES: at least one member.
    Combined (*apply)(const Block& block, std::span<const double> weights);
};

/// All of them; the first of each kind is what is used unless asked otherwise. A new combination is an entry there.
[[nodiscard]] std::span<const Combination> combinations() noexcept;

/// Those for one kind of task, in that order.
[[nodiscard]] std::vector<const Combination*> combinations_of(task::Kind kind);

/// The place among combinations_of(kind) of the one of that name, the first one's if the name is empty; their number if
/// there is none.
[[nodiscard]] std::size_t find_combination(task::Kind kind, std::string_view name);

}  // namespace ensemble::analysis
