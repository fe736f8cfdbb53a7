#include "task/metric.hpp"

#include <algorithm>
#include <array>
#include <numbers>
#include <vector>

#include "core/contract.hpp"
#include "task/whole_metrics.hpp"

namespace ensemble::task {
namespace {

// Classification.

bool is_right(const Answers& answers, std::size_t row) {
    return answers.chosen[row] == answers.truth.labels[row];
}

double hit(const Answers& answers, std::size_t row) {
    return is_right(answers, row) ? 1.0 : 0.0;
}

/// −ln p(label); p is floored so that one certain error stays finite.
double log_loss(const Answers& answers, std::size_t row) {
    return -std::log(std::max<double>(answers.of(row)[answers.label(row)], least_probability));
}

/// Σ (p − 1[label])² over the classes.
double squared_distance(const Answers& answers, std::size_t row) {
    const std::span<const float> p = answers.of(row);
    const std::size_t label = answers.label(row);
    double sum = 0;
    for (std::size_t c = 0; c < p.size(); ++c) {
        const double error = static_cast<double>(p[c]) - (c == label ? 1.0 : 0.0);
        sum += error * error;
    }
    return sum;
}

constexpr std::array<Metric, 7> of_classes{{
    {.name = "accuracy",
     .title = "test",
     .text = "share of rows whose class is recognised",
     .better = Better::higher,
     .unit = Unit::share,
     .in_table = true,
     .by_size = true,
     .of_row = hit},
    {.name = "nll",
     .title = "NLL",
     .text = "negative log-likelihood, at most 27.7 a row",
     .in_table = true,
     .by_size = true,
     .of_row = log_loss},
    {.name = "brier", .title = "Brier", .text = "squared distance of the probabilities", .of_row = squared_distance},
    {.name = "ece",
     .title = "ECE",
     .text = "expected calibration error",
     .in_table = true,
     .of_all = calibration_error,
     .influences = calibration_error_influences},
    {.name = "balanced_accuracy",
     .title = "balanced",
     .text = "mean share that is recognised of a class",
     .better = Better::higher,
     .unit = Unit::share,
     .of_all = balanced_accuracy,
     .influences = balanced_accuracy_influences},
    {.name = "macro_f1",
     .title = "macro F1",
     .text = "mean over classes of the harmonic mean of precision and recall",
     .better = Better::higher,
     .of_all = macro_f1,
     .influences = macro_f1_influences},
    {.name = "auroc",
     .title = "AUROC",
     .text = "area under the receiver operating characteristic, of several classes each against the rest",
     .better = Better::higher,
     .of_all = auroc,
     .influences = auroc_influences},
}};

// Regression: a target's prediction is its mean and its variance.

double error(const Answers& answers, std::size_t row) {
    return double{answers.of(row)[0]} - answers.number(row);
}

double squared_error(const Answers& answers, std::size_t row) {
    return error(answers, row) * error(answers, row);
}

double absolute_error(const Answers& answers, std::size_t row) {
    return std::abs(error(answers, row));
}

double square_root(double mean) {
    return std::sqrt(mean);
}

/// −ln N(y; mean, variance).
double gaussian_log_loss(const Answers& answers, std::size_t row) {
    const double variance = answers.of(row)[1];
    return 0.5 * (std::log(2 * std::numbers::pi * variance) + squared_error(answers, row) / variance);
}

/// E|X| of X ~ N(mean, variance).
double mean_magnitude(double mean, double variance) {
    if (variance <= 0) return std::abs(mean);
    const double deviation = std::sqrt(variance);
    const double z = mean / deviation;
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
    return 2 * deviation * density + mean * std::erf(z / std::numbers::sqrt2);
}

/// Continuous ranked probability score, E|X − y| − ½ E|X − X′|, of a normal distribution or a mixture of them (Grimit
/// et al. 2006, eq. 5).
double ranked_probability(const Answers& answers, std::size_t row) {
    const double y = answers.number(row);
    if (answers.members == 0) {
        const double variance = answers.of(row)[1];
        return mean_magnitude(double{answers.of(row)[0]} - y, variance) - 0.5 * mean_magnitude(0, 2 * variance);
    }
    // Equal weights as 1 and a division at the end: nothing is rounded that need not be.
    const bool is_weighted = !answers.weights.empty();
    const double all = is_weighted ? 1.0 : static_cast<double>(answers.members);
    double to_truth = 0;
    double among = 0;
    for (std::size_t i = 0; i < answers.members; ++i) {
        const double weight = is_weighted ? answers.weights[i] : 1.0;
        if (weight == 0) continue;
        const auto one = answers.component(i, row);
        to_truth += weight * mean_magnitude(double{one[0]} - y, one[1]);
        double to_others = 0.5 * weight * mean_magnitude(0, 2 * double{one[1]});
        for (std::size_t j = 0; j < i; ++j) {
            const double its_weight = is_weighted ? answers.weights[j] : 1.0;
            if (its_weight == 0) continue;
            const auto other = answers.component(j, row);
            to_others +=
                its_weight * mean_magnitude(double{one[0]} - double{other[0]}, double{one[1]} + double{other[1]});
        }
        among += weight * to_others;
    }
    return to_truth / all - among / (all * all);
}

/// Whether y lies in mean ± 1.96 deviations.
double is_covered(const Answers& answers, std::size_t row) {
    constexpr double quantile = 1.959963984540054;  // of the standard normal distribution, 0.975
    return std::abs(error(answers, row)) <= quantile * std::sqrt(double{answers.of(row)[1]}) ? 1.0 : 0.0;
}

constexpr std::array<Metric, 6> of_numbers{{
    {.name = "rmse",
     .title = "RMSE",
     .text = "root of the mean squared error, in the target's unit",
     .in_table = true,
     .by_size = true,
     .of_row = squared_error,
     .of_mean = square_root},
    {.name = "mae", .title = "MAE", .text = "mean absolute error, in the target's unit", .of_row = absolute_error},
    {.name = "r2",
     .title = "R²",
     .text = "share of the target's variance that is explained",
     .better = Better::higher,
     .in_table = true,
     .of_all = explained_share,
     .influences = explained_share_influences},
    {.name = "nll",
     .title = "NLL",
     .text = "negative log-likelihood of a normal distribution",
     .in_table = true,
     .by_size = true,
     .of_row = gaussian_log_loss},
    {.name = "crps",
     .title = "CRPS",
     .text = "continuous ranked probability score, in the target's unit",
     .of_row = ranked_probability},
    {.name = "coverage95",
     .title = "in 95 %",
     .text = "share of rows within mean ± 1.96 deviations, which should be 95 %",
     .better = Better::nominal,
     .unit = Unit::share,
     .of_row = is_covered},
}};

}  // namespace

std::span<const Metric> classification_metrics() noexcept {
    return of_classes;
}

std::span<const Metric> regression_metrics() noexcept {
    return of_numbers;
}

double evaluate(const Metric& metric, const Answers& answers) {
    core::require(answers.rows > 0, "a metric needs at least one row");
    if (!metric.is_mean()) return metric.of_all(answers);
    double sum = 0;
    for (std::size_t row = 0; row < answers.rows; ++row) sum += metric.of_row(answers, row);
    return metric.from_mean(sum / static_cast<double>(answers.rows));
}

}  // namespace ensemble::task
