#include "analysis/detection.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

struct Scored {
    double score;
    bool is_outlier;
};

}  // namespace

Detection detection(std::span<const double> outliers, std::span<const double> inliers) {
    core::require(!outliers.empty() && !inliers.empty(), "outliers are told from inliers where there are both");
    std::vector<Scored> scores;
    bool valid = true;
    for (const bool is_outlier : {true, false}) {
        for (const double score : is_outlier ? outliers : inliers) {
            valid &= !std::isnan(score);
            scores.push_back({score, is_outlier});
        }
    }
    core::require(valid, "scores of outliers and inliers are numbers");
    std::ranges::sort(scores, std::ranges::greater(), &Scored::score);
    const auto positives = static_cast<double>(outliers.size());
    const auto negatives = static_cast<double>(inliers.size());
    const double wanted = 0.95 * positives;
    Detection found;
    bool is_reached = false;
    double found_outliers = 0;
    double found_inliers = 0;
    for (std::size_t begin = 0; begin < scores.size();) {
        std::size_t end = begin;
        double here = 0;
        for (; end < scores.size() && scores[end].score == scores[begin].score; ++end)
            here += scores[end].is_outlier ? 1.0 : 0.0;
        const double inliers_here = static_cast<double>(end - begin) - here;
        found.auroc += inliers_here * (found_outliers + here / 2);
        found_outliers += here;
        found_inliers += inliers_here;
        found.aupr += here * found_outliers / (found_outliers + found_inliers);
        if (!is_reached && found_outliers >= wanted) {
            found.fpr95 = found_inliers / negatives;
            is_reached = true;
        }
        begin = end;
    }
    found.auroc /= positives * negatives;
    found.aupr /= positives;
    return found;
}

}  // namespace ensemble::analysis
