#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/names.hpp"

namespace ensemble::analysis {

/// How members' answers become the ensemble's.
enum class Combination : std::uint8_t { average, vote };

constexpr auto enum_names(Combination) {
    return std::array{core::Named{Combination::average, "average"}, core::Named{Combination::vote, "vote"}};
}

/// What members contribute to the ensemble, summed. All entries are integers, so any order and any reduction tree of
/// additions gives the same bits: a rank adds the members it holds, and ranks' contributions add up the same way.
class Contribution {
public:
    /// Probabilities are counted in units of 2^-40: 2^22 members fit, and one unit is far below float's resolution.
    static constexpr double unit = 0x1p-40;

    Contribution(std::size_t items, std::size_t classes);

    [[nodiscard]] std::size_t items() const noexcept { return items_; }
    [[nodiscard]] std::size_t classes() const noexcept { return classes_; }

    /// Adds one member's probabilities [items × classes] on items with these labels.
    /// `is_best`: this is the member chosen on validation data, whose hits are kept apart for the paired test.
    void add_member(std::span<const float> probabilities, std::span<const std::int32_t> labels, bool is_best);

    /// All counters as one array, to be summed element by element across ranks (comm::reduce_sum).
    [[nodiscard]] std::span<std::int64_t> counters() noexcept { return counters_; }
    [[nodiscard]] std::span<const std::int64_t> counters() const noexcept { return counters_; }

    [[nodiscard]] std::int64_t members() const noexcept;
    [[nodiscard]] std::span<const std::int64_t> probability_sums() const noexcept;  ///< [items × classes], in units
    [[nodiscard]] std::span<const std::int64_t> votes() const noexcept;             ///< [items × classes]
    [[nodiscard]] std::span<const std::int64_t> member_hits() const noexcept;       ///< [items]: members that are right
    [[nodiscard]] std::span<const std::int64_t> best_hits() const noexcept;  ///< [items]: 1 where the best is right

private:
    std::size_t items_;
    std::size_t classes_;
    std::vector<std::int64_t> counters_;
};

/// Soft voting: mean probabilities [items × classes]. REQUIRES: at least one member.
[[nodiscard]] std::vector<float> average(const Contribution& total);

/// Hard voting: the class with most votes, ties to the larger summed probability, then to the lower class.
[[nodiscard]] std::vector<std::int32_t> vote(const Contribution& total);

/// Votes as shares [items × classes].
[[nodiscard]] std::vector<float> vote_shares(const Contribution& total);

}  // namespace ensemble::analysis
