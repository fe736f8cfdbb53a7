#include "analysis/conformal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <boost/math/distributions/normal.hpp>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Interval around(double middle, double reach) {
    return {.low = middle - reach, .high = middle + reach};
}

double absolute_score(const PredictedNormal& predicted, double number) {
    return std::abs(number - predicted.mean);
}

Interval absolute_interval(const PredictedNormal& predicted, double threshold) {
    return around(predicted.mean, threshold);
}

/// In deviations; where there are none, an exact prediction is the best and any other the worst.
double scaled_score(const PredictedNormal& predicted, double number) {
    const double error = std::abs(number - predicted.mean);
    if (predicted.deviation > 0) return error / predicted.deviation;
    return error > 0 ? infinity : 0.0;
}

Interval scaled_interval(const PredictedNormal& predicted, double threshold) {
    return around(predicted.mean, std::isinf(threshold) ? threshold : threshold * predicted.deviation);
}

/// How far the number is outside of the predicted quantiles, negative inside.
double quantile_score(const PredictedNormal& predicted, double number) {
    return std::abs(number - predicted.mean) - predicted.quantile * predicted.deviation;
}

/// Where the threshold would take away more than there is, the mean is left.
Interval quantile_interval(const PredictedNormal& predicted, double threshold) {
    return around(predicted.mean, std::max(predicted.quantile * predicted.deviation + threshold, 0.0));
}

constexpr std::array<IntervalMethod, 3> methods{{
    {.name = "absolute",
     .text = "mean ± one width for all rows (split conformal)",
     .score = absolute_score,
     .interval = absolute_interval},
    {.name = "scaled",
     .text = "mean ± a multiple of the predicted deviation (locally weighted split conformal, Lei et al. 2018)",
     .score = scaled_score,
     .interval = scaled_interval},
    {.name = "cqr",
     .text = "predicted quantiles, moved by one width (conformalised quantile regression, Romano et al. 2019)",
     .score = quantile_score,
     .interval = quantile_interval},
}};

/// What is predicted of each row.
std::vector<PredictedNormal> predicted_normals(const task::Answers& answers, double alpha) {
    core::require(alpha > 0 && alpha < 1, "intervals may miss a share between 0 and 1");
    core::require(answers.width == 2, "intervals are made of means and variances");
    const double quantile = boost::math::quantile(boost::math::complement(boost::math::normal(), alpha / 2));
    std::vector<PredictedNormal> all;
    bool valid = true;
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const auto moments = answers.of(row);
        valid &= std::isfinite(moments[0]) && std::isfinite(moments[1]) && moments[1] >= 0.0F;
        all.push_back({.mean = moments[0], .deviation = std::sqrt(double{moments[1]}), .quantile = quantile});
    }
    core::require(valid, "intervals are made of finite means and variances");
    return all;
}

}  // namespace

std::size_t conformal_rank(std::size_t scores, double alpha) {
    core::require(alpha > 0 && alpha < 1, "intervals may miss a share between 0 and 1");
    // ⌈(1 − alpha)(n + 1)⌉ = n + 1 − ⌊alpha (n + 1)⌋, without the rounding of 1 − alpha; 0.07 · 100 shall be 7.
    const double missed = std::floor(alpha * static_cast<double>(scores + 1) * (1 + 1e-12));
    return scores + 1 - static_cast<std::size_t>(missed);
}

double conformal_threshold(std::span<const double> scores, double alpha) {
    const std::size_t rank = conformal_rank(scores.size(), alpha);
    core::require(std::ranges::none_of(scores, [](double score) { return std::isnan(score); }), "scores are numbers");
    if (rank > scores.size()) return infinity;
    std::vector<double> all(scores.begin(), scores.end());
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::ranges::nth_element(all, place);
    return *place;
}

std::span<const IntervalMethod> interval_methods() noexcept {
    return methods;
}

double interval_threshold(const IntervalMethod& method, const task::Answers& calibration, double alpha) {
    std::vector<double> scores;
    bool valid = true;
    for (const PredictedNormal& predicted : predicted_normals(calibration, alpha)) {
        const double number = calibration.number(scores.size());
        valid &= std::isfinite(number);
        scores.push_back(method.score(predicted, number));
    }
    core::require(valid, "calibration rows have finite numbers");
    return conformal_threshold(scores, alpha);
}

std::vector<Interval> conformal_intervals(const IntervalMethod& method, const task::Answers& rows, double threshold,
                                          double alpha) {
    core::require(!std::isnan(threshold), "a threshold is a number");
    std::vector<Interval> intervals;
    for (const PredictedNormal& predicted : predicted_normals(rows, alpha))
        intervals.push_back(method.interval(predicted, threshold));
    return intervals;
}

}  // namespace ensemble::analysis
