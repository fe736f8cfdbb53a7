#pragma once

#include <span>

namespace ensemble::analysis {

/// How well a score tells rows from elsewhere (outliers, the positives) from rows like those of training (inliers).
struct Detection {
    double auroc = 0;  ///< chance that an outlier's score is larger than an inlier's, equal ones half
    double aupr = 0;   ///< average precision: Σ (recall − recall before) · precision over falling thresholds
    double fpr95 = 0;  ///< share of inliers at or above the largest threshold that finds at least 95 % of the outliers
};

/// Scores are larger for what looks like an outlier; rows of equal scores pass a threshold together. O(n log n).
/// REQUIRES: at least one of each, no NaN.
[[nodiscard]] Detection detection(std::span<const double> outliers, std::span<const double> inliers);

}  // namespace ensemble::analysis
