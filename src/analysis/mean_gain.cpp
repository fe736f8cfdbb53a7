#include "analysis/mean_gain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

#include "analysis/paired_tests.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

double sign_of(const task::Metric& metric) {
    return metric.better == task::Better::higher ? 1 : -1;
}

double row_mean(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Makes a difference of the means of one question a difference of the metric: exactly, the slope between the two.
double slope_between(const task::Metric& metric, double own, double reference) {
    return own == reference ? slope_at(metric, own)
                            : (metric.from_mean(own) - metric.from_mean(reference)) / (own - reference);
}

double student_quantile(std::size_t rows) {
    const boost::math::students_t_distribution<double> t(static_cast<double>(rows - 1));
    return boost::math::quantile(boost::math::complement(t, interval_tail));
}

/// Of rows' deviations from their mean.
struct Deviations {
    std::size_t rows = 0;
    double squares = 0;
    double largest = 0;

    explicit Deviations(std::span<const double> values) : rows(values.size()) {
        for (const double value : values) {
            squares += value * value;
            largest = std::max(largest, std::abs(value));
        }
    }

    /// Of the mean.
    [[nodiscard]] double standard_error() const {
        const auto n = static_cast<double>(rows);
        return std::sqrt(squares / (n - 1) / n);
    }
    /// The same with two more rows, which deviate by the largest deviation / √2.
    [[nodiscard]] double cautious_error() const {
        const auto n = static_cast<double>(rows);
        return std::sqrt((squares + largest * largest) / (n + 1) / (n + 2));
    }
};

/// `replicated` are the studentised means of the gain's column.
Interval interval_of(double gain, std::span<const double> influences, std::vector<double> replicated,
                     bool over_one_member) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr std::size_t fewest_rows = 10;
    constexpr double farthest = 3;
    const Deviations deviations(influences);
    if (!std::isfinite(deviations.squares) || deviations.rows < 2) return {.low = nan, .high = nan};
    const double error = deviations.standard_error();
    if (error == 0) return {.low = gain, .high = gain};
    const double quantile = student_quantile(deviations.rows);
    const double student = quantile * error;
    Interval interval{.low = gain - student, .high = gain + student};
    if (deviations.rows >= fewest_rows) {
        interval = studentised_interval(gain, error, std::move(replicated));
        interval = {.low = std::max(interval.low, gain - farthest * student),
                    .high = std::min(interval.high, gain + farthest * student)};
    }
    if (over_one_member) {
        const double cautious = quantile * deviations.cautious_error();
        interval = {.low = std::min(interval.low, gain - cautious), .high = std::max(interval.high, gain + cautious)};
    }
    return interval;
}

}  // namespace

double unless_rounding(double difference, double size) {
    constexpr double rounding = 0x1p-40;
    return std::isfinite(size) && std::abs(difference) <= rounding * size ? 0 : difference;
}

double slope_at(const task::Metric& metric, double mean) {
    if (metric.of_mean == nullptr) return 1;
    const auto central = [&](double step) {
        const double below = mean * (1 - step);
        const double above = mean * (1 + step);
        return above == below ? 0 : (metric.from_mean(above) - metric.from_mean(below)) / (above - below);
    };
    // Richardson's extrapolation: the error is of the fourth order.
    constexpr double step = 0x1p-9;
    return (4 * central(step) - central(2 * step)) / 3;
}

void MeanGains::add(const task::Metric& metric, std::vector<std::span<const double>> ensemble,
                    std::vector<std::span<const double>> reference, std::size_t members) {
    core::require(metric.is_mean() && ensemble.size() == reference.size() && !ensemble.empty() && members > 0,
                  "gains are of means over rows, of both sides");
    for (std::size_t question = 0; question < ensemble.size(); ++question)
        core::require(ensemble[question].size() == rows_ && reference[question].size() == rows_,
                      "gains that are resampled together are of the same rows");
    asked_.push_back({&metric, std::move(ensemble), std::move(reference), static_cast<double>(members)});
}

void MeanGains::add_whole(const task::Metric& metric, double difference, std::vector<double> influences,
                          bool over_one_member) {
    core::require(!metric.is_mean() && influences.size() == rows_ && rows_ > 0,
                  "every row has its part in a gain that is no mean");
    // Members count for no more than whether the other side is one of them.
    asked_.push_back({&metric, {}, {}, over_one_member ? 1.0 : 2.0, difference, std::move(influences)});
}

/// How much more of the gain each row has than the mean row, positive where it favours the ensemble: [rows].
std::vector<double> MeanGains::influences(const Asked& asked) const {
    std::vector<double> influences(rows_);
    if (asked.is_whole()) {
        std::ranges::transform(asked.whole, influences.begin(),
                               [&](double each) { return sign_of(*asked.metric) * each; });
        return influences;
    }
    const double share = sign_of(*asked.metric) / static_cast<double>(asked.ensemble.size());
    for (std::size_t question = 0; question < asked.ensemble.size(); ++question) {
        const std::span<const double> own = asked.ensemble[question];
        const std::span<const double> reference = asked.reference[question];
        const double own_mean = row_mean(own);
        const double reference_mean = row_mean(reference) / asked.members;
        const double own_slope = share * slope_at(*asked.metric, own_mean);
        const double reference_slope = share * slope_at(*asked.metric, reference_mean);
        for (std::size_t row = 0; row < rows_; ++row) {
            const double one = reference[row] / asked.members;
            influences[row] +=
                unless_rounding(own_slope * (own[row] - own_mean) - reference_slope * (one - reference_mean),
                                std::abs(own_slope * own[row]) + std::abs(reference_slope * one));
        }
    }
    return influences;
}

/// Positive where it favours the ensemble.
double MeanGains::value(const Asked& asked) const {
    if (asked.is_whole()) return sign_of(*asked.metric) * asked.difference;
    double gain = 0;
    for (std::size_t question = 0; question < asked.ensemble.size(); ++question)
        gain += asked.metric->from_mean(row_mean(asked.ensemble[question])) -
                asked.metric->from_mean(row_mean(asked.reference[question]) / asked.members);
    return sign_of(*asked.metric) * gain / static_cast<double>(asked.ensemble.size());
}

/// Of the rows' shares in the gain. The targets' slopes bring them to the metric's unit, so that those in large units
/// count as much in the test as they do in the gain; of one target alone no slope makes a difference.
double MeanGains::p_value(const Asked& asked) const {
    const std::size_t questions = asked.ensemble.size();
    std::vector<double> differences(rows_);
    if (asked.is_whole()) {
        std::ranges::transform(asked.whole, differences.begin(), [&](double each) { return each + asked.difference; });
        return paired_t_test(differences);
    }
    for (std::size_t question = 0; question < questions; ++question) {
        const std::span<const double> own = asked.ensemble[question];
        const std::span<const double> reference = asked.reference[question];
        const double slope =
            questions == 1 ? 1 : slope_between(*asked.metric, row_mean(own), row_mean(reference) / asked.members);
        for (std::size_t row = 0; row < rows_; ++row) {
            const double one = reference[row] / asked.members;
            differences[row] += slope * unless_rounding(own[row] - one, std::abs(own[row]) + std::abs(one));
        }
    }
    return paired_t_test(differences);
}

ResampledColumns MeanGains::columns() const {
    std::vector<std::vector<double>> all(asked_.size());
    std::ranges::transform(asked_, all.begin(), [this](const Asked& asked) { return influences(asked); });
    return resampled_columns(all, seed_);
}

std::vector<PairedGain> MeanGains::from(std::span<const double> replicated) const {
    std::vector<PairedGain> gains(asked_.size());
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        const Asked& asked = asked_[i];
        gains[i].gain.value = value(asked);
        std::vector<double> column;
        for (std::size_t at = i; at < replicated.size(); at += asked_.size()) column.push_back(replicated[at]);
        gains[i].gain.ci95 = interval_of(gains[i].gain.value, influences(asked), std::move(column), asked.members == 1);
        gains[i].p_value = p_value(asked);
    }
    return gains;
}

std::vector<PairedGain> MeanGains::all() const {
    return from(studentised_replicates(columns(), 0, replicates));
}

}  // namespace ensemble::analysis
