#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "task/metric.hpp"

namespace ensemble::analysis {

// Calibration of predicted distributions of numbers. What is asked of `answers`: at least one row, finite numbers and
// means, finite variances of at least 0.

/// The probability integral transform of every row: the predicted distribution's probability of numbers below the true
/// one (Dawid 1984), uniform in [0, 1] if predictions are calibrated. The distribution is normal, or the mixture of its
/// members' where answers.members > 0. A variance of 0 puts all probability at the mean: 0, ½ or 1.
[[nodiscard]] std::vector<double> probability_transforms(const task::Answers& answers);

/// The share of rows in the central interval of each of these probabilities: |2 transform − 1| ≤ level; of calibrated
/// predictions the level itself. [levels.size()]. REQUIRES: at least one transform, all in [0, 1].
[[nodiscard]] std::vector<double> central_coverage(std::span<const double> transforms, std::span<const double> levels);

/// The factor that all predicted variances are to be multiplied with so that the log loss of these rows is least:
/// the mean of (y − mean)² / variance (Laves et al. 2020). Looks at means and variances, also of a mixture. Rows of
/// variance 0 that are exact say nothing and do not count, 1 if there are no others; one that is not makes it infinite.
[[nodiscard]] double variance_factor(const task::Answers& answers);

}  // namespace ensemble::analysis
