#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/gain.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {

/// How many rows an interval or a set of theirs holds the truth of.
struct Coverage {
    std::size_t covered = 0;
    std::size_t rows = 0;
    Interval ci95{.low = 0, .high = 1};  ///< of the share in all rows like these (Clopper and Pearson 1934, exact)

    /// NaN where there are no rows.
    [[nodiscard]] double share() const noexcept { return static_cast<double>(covered) / static_cast<double>(rows); }
};

/// REQUIRES: covered ≤ rows. Without rows the interval is [0, 1].
[[nodiscard]] Coverage coverage_of(std::size_t covered, std::size_t rows);

/// Of all rows; `covered` [rows] is 0 or 1.
[[nodiscard]] Coverage coverage_of(std::span<const std::uint8_t> covered);

/// Groups of rows that coverage is also told by.
struct RowGroups {
    std::vector<std::string> names = {};
    std::vector<std::uint32_t> of_row = {};  ///< [rows], places among the names

    [[nodiscard]] bool empty() const noexcept { return names.empty(); }
};

/// Of the rows of each group: [groups]; a group without rows has a Coverage without rows. `group` [rows] is below
/// `groups`.
[[nodiscard]] std::vector<Coverage> coverage_by_group(std::span<const std::uint8_t> covered,
                                                      std::span<const std::uint32_t> group, std::size_t groups);

/// Whether each interval holds its row's number, ends included: [rows]. REQUIRES: as many intervals as rows; no NaN.
[[nodiscard]] std::vector<std::uint8_t> covered_rows(std::span<const Interval> intervals, const task::Answers& answers);

/// Mean of high − low; infinite where one of them is. REQUIRES: at least one interval.
[[nodiscard]] double mean_width(std::span<const Interval> intervals);

}  // namespace ensemble::analysis
