#include "analysis/mean_gain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

/// The gain that means of the columns say, two for each question: ensemble and reference.
double gain_of(const task::Metric& metric, std::span<const double> means) {
    double gain = 0;
    for (std::size_t i = 0; i < means.size(); i += 2)
        gain += metric.from_mean(means[i]) - metric.from_mean(means[i + 1]);
    const std::size_t questions = means.size() / 2;
    gain /= static_cast<double>(questions);
    return metric.better == task::Better::higher ? gain : -gain;
}

/// Makes a difference of the means of one question a difference of the metric: exactly, the slope between the two.
/// Where they are equal, of a short piece around them.
double slope_of(const task::Metric& metric, double own, double reference) {
    if (metric.of_mean == nullptr) return 1;
    constexpr double step = 0x1p-20;
    if (own == reference) {
        own *= 1 + step;
        reference *= 1 - step;
    }
    return own == reference ? 0 : (metric.from_mean(own) - metric.from_mean(reference)) / (own - reference);
}

double row_mean(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile_of(std::span<const double> sorted, double share) {
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

/// Of numbers that have no order there is no interval.
Interval interval_of(std::vector<double>& values) {
    constexpr double below = 0.025;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) return {.low = nan, .high = nan};
    std::ranges::sort(values);
    return {.low = quantile_of(values, below), .high = quantile_of(values, 1 - below)};
}

}  // namespace

void MeanGains::add(const task::Metric& metric, std::vector<std::span<const double>> ensemble,
                    std::vector<std::span<const double>> reference, std::size_t members) {
    core::require(metric.is_mean() && ensemble.size() == reference.size() && members > 0,
                  "gains are of means over rows, of both sides");
    asked_.push_back({&metric, std::move(ensemble), std::move(reference), static_cast<double>(members)});
}

/// How many rows are in each group.
std::vector<std::size_t> MeanGains::group_sizes(std::size_t groups) const {
    std::vector<std::size_t> sizes(groups, rows_ / groups);
    for (std::size_t group = 0; group < rows_ % groups; ++group) ++sizes[group];
    return sizes;
}

/// Sums over the rows of each group, [groups × columns].
std::vector<double> MeanGains::grouped_columns(std::size_t groups, std::size_t columns) const {
    std::vector<std::uint32_t> order(rows_);
    std::iota(order.begin(), order.end(), 0U);
    core::RandomStream random({.seed = seed_, .purpose = core::Purpose::significance, .step = 1});
    if (groups < rows_) random.shuffle(order);
    std::vector<double> sums(groups * columns);
    for (std::size_t i = 0; i < rows_; ++i) {
        // The first rows that do not fill a group go to the first groups one by one.
        double* out = sums.data() + i % groups * columns;
        for (const Asked& asked : asked_) {
            for (std::size_t question = 0; question < asked.ensemble.size(); ++question) {
                *out++ += asked.ensemble[question][order[i]];
                *out++ += asked.reference[question][order[i]] / asked.members;
            }
        }
    }
    return sums;
}

/// Of the rows' shares in the gain. The targets' slopes bring them to the metric's unit, so that those in large units
/// count as much in the test as they do in the gain; of one target alone no slope makes a difference.
double MeanGains::p_value(const Asked& asked) const {
    const std::size_t questions = asked.ensemble.size();
    std::vector<double> differences(rows_);
    for (std::size_t question = 0; question < questions; ++question) {
        const std::span<const double> own = asked.ensemble[question];
        const std::span<const double> reference = asked.reference[question];
        const double slope =
            questions == 1 ? 1 : slope_of(*asked.metric, row_mean(own), row_mean(reference) / asked.members);
        for (std::size_t row = 0; row < rows_; ++row)
            differences[row] += slope * (own[row] - reference[row] / asked.members);
    }
    return paired_t_test(differences);
}

std::vector<PairedGain> MeanGains::all() const {
    std::vector<PairedGain> gains(asked_.size());
    if (asked_.empty()) return gains;
    std::size_t columns = 0;
    for (const Asked& asked : asked_) columns += 2 * asked.ensemble.size();
    const std::size_t groups = std::min(rows_, most_groups);
    const std::vector<double> sums = grouped_columns(groups, columns);
    const std::vector<std::size_t> sizes = group_sizes(groups);

    std::vector<std::vector<double>> replicated(asked_.size());
    std::vector<double> means(columns);
    core::RandomStream random({.seed = seed_, .purpose = core::Purpose::significance, .step = 2});
    for (std::size_t replicate = 0; replicate <= replicates; ++replicate) {
        std::ranges::fill(means, 0.0);
        std::size_t rows = 0;  // of groups that are not equally large, a replicate has more or fewer
        for (std::size_t draw = 0; draw < groups; ++draw) {
            // The first time every group once: the gain itself.
            const std::size_t group = replicate == 0 ? draw : random.below(static_cast<std::uint32_t>(groups));
            rows += sizes[group];
            const double* const line = sums.data() + group * columns;
            for (std::size_t column = 0; column < columns; ++column) means[column] += line[column];
        }
        for (double& mean : means) mean /= static_cast<double>(rows);
        const double* at = means.data();
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            const std::span<const double> own(at, 2 * asked_[i].ensemble.size());
            at += own.size();
            const double gain = gain_of(*asked_[i].metric, own);
            if (replicate == 0) {
                gains[i].gain.value = gain;
            } else {
                replicated[i].push_back(gain);
            }
        }
    }
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        gains[i].gain.ci95 = interval_of(replicated[i]);
        gains[i].p_value = p_value(asked_[i]);
    }
    return gains;
}

}  // namespace ensemble::analysis
