#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/gain.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {

// Split conformal prediction (Vovk et al. 2005, Lei et al. 2018): intervals that hold the truth of a new row with a
// probability of at least 1 − alpha, whatever the members are worth, if the calibration rows are none that members were
// trained or chosen by and come from where the new row does. The probability is over calibration rows and new row
// together: of one set of n calibration rows the share of new rows that is covered varies by about √(alpha / n).

/// The place, from 1, of the threshold among n scores in ascending order: ⌈(1 − alpha)(n + 1)⌉. It may be n + 1: then
/// there are too few scores for so small an alpha. REQUIRES: 0 < alpha < 1.
[[nodiscard]] std::size_t conformal_rank(std::size_t scores, double alpha);

/// The score of that place; infinite if it is beyond the last one. REQUIRES: no NaN.
[[nodiscard]] double conformal_threshold(std::span<const double> scores, double alpha);

/// A predicted normal distribution, and the quantile of the standard normal distribution at 1 − alpha / 2.
struct PredictedNormal {
    double mean = 0;
    double deviation = 0;
    double quantile = 0;
};

/// A way to make intervals: which score calibration rows have, and what a threshold of scores means for a new row.
struct IntervalMethod {
    std::string_view name;  ///< in files: "scaled"
    std::string_view text;  ///< what it is, in a line
    double (*score)(const PredictedNormal& predicted, double number);
    Interval (*interval)(const PredictedNormal& predicted, double threshold);
};

/// All of them. A new method is an entry there.
[[nodiscard]] std::span<const IntervalMethod> interval_methods() noexcept;

/// The threshold of the scores of the calibration rows. O(n). REQUIRES: finite numbers, means and variances ≥ 0.
[[nodiscard]] double interval_threshold(const IntervalMethod& method, const task::Answers& calibration, double alpha);

/// The interval of every row, whose truth is not looked at: [rows]; from −∞ to ∞ where the threshold is infinite.
/// REQUIRES: finite means and variances ≥ 0.
[[nodiscard]] std::vector<Interval> conformal_intervals(const IntervalMethod& method, const task::Answers& rows,
                                                        double threshold, double alpha);

}  // namespace ensemble::analysis
