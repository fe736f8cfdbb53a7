#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "analysis/interval.hpp"

namespace ensemble::analysis {

/// What the ensemble gains in a metric, with its evidence: positive where it is better.
struct Gain {
    double value = 0;  ///< of accuracy, as a share (0.01 is one point)
    /// What is random is the choice of test rows; the members are these. NaN where rows say nothing, as one row alone.
    Interval ci95 = {};
    /// What is random is also the choice of members, of other seeds; nothing of a single member.
    std::optional<Interval> ci95_members = {};
};

/// Which interval is which, in a line.
inline constexpr const char* intervals_explained =
    "intervals of 95 %: the first of these members on other test rows, the second also of other members";

/// A Gain over one member, with a test of the paired rows: of accuracy McNemar's exact test of the discordant rows, of
/// losses that are means over rows the test of Diebold and Mariano, which of independent rows is Student's t test of
/// their differences. The interval of accuracy holds 0 exactly if the test's p-value is at least 0.05.
struct PairedGain {
    Gain gain;
    double p_value = 1;              ///< two-sided
    std::int64_t only_ensemble = 0;  ///< accuracy: rows the ensemble has right and the member wrong
    std::int64_t only_member = 0;
};

/// Gain over the mean member in accuracy. `ensemble_hits` [rows] is 0 or 1, `member_hits` [rows] counts the members
/// that are right. One row's gain is hit − hits / members. Most are 0, and where few are not a bootstrap knows no
/// others: the interval is that of the normal distribution for the rows and two more, which gain and lose as much as
/// rows with a gain other than 0 do (the root of their mean square, of these and one of ½). With one member it is the
/// interval of Bonett and Price (2012) for paired shares but for that ½. Of one member there is nothing to gain.
[[nodiscard]] Gain gain_over_mean(std::span<const std::int64_t> ensemble_hits,
                                  std::span<const std::int64_t> member_hits, std::int64_t members);

/// Gain over one member in accuracy; both arguments [rows], 0 or 1. The interval is Tango's (1998) by inversion of the
/// score test. Where it is not of one mind with McNemar's exact test, which is the more cautious one, about 0, its end
/// on that side is that of Clopper and Pearson's interval for the ensemble's share of the discordant rows.
[[nodiscard]] PairedGain gain_over_member(std::span<const std::int64_t> ensemble_hits,
                                          std::span<const std::int64_t> member_hits);

/// Tango's 95 % score interval of (b − c) / n, of n pairs of which b and c are discordant either way.
/// REQUIRES: 0 ≤ b, c; b + c ≤ n; n > 0.
[[nodiscard]] Interval paired_score_interval(std::int64_t b, std::int64_t c, std::int64_t n);

}  // namespace ensemble::analysis
