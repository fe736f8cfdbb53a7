#include "task/task.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include "compute/loss.hpp"
#include "core/contract.hpp"

namespace ensemble::task {
namespace {

using compute::Rows;

std::array<double, 2> without_nan(double first, double second) {
    constexpr double worst = std::numeric_limits<double>::infinity();
    return {std::isnan(first) ? worst : first, std::isnan(second) ? worst : second};
}

// Classification.

double cross_entropy(const Rows& outputs, const Truth& truth, const Rows* gradient, double smoothing) {
    if (gradient == nullptr) return compute::softmax_cross_entropy(outputs, truth.labels, truth.weights);
    return compute::softmax_cross_entropy(outputs, truth.labels, *gradient, smoothing, truth.weights);
}

void probabilities(const Rows& outputs, const Scale&, std::span<float> predictions) {
    compute::softmax(outputs);
    for (std::size_t row = 0; row < outputs.count; ++row)
        std::ranges::copy(outputs[row], predictions.subspan(row * outputs.width).begin());
}

/// Rows whose largest output is the label's.
void add_hits(const Rows& outputs, const Truth& truth, const Scale&, std::span<double> sums) {
    for (std::size_t row = 0; row < outputs.count; ++row) {
        const auto z = outputs[row];
        if (std::ranges::max_element(z) - z.begin() == truth.labels[row]) ++sums[0];
    }
}

double hit_share(std::span<const double> sums, std::size_t rows) {
    return sums[0] / static_cast<double>(rows);
}

/// The higher accuracy, then the lower loss.
std::array<double, 2> by_accuracy(double loss, double accuracy) {
    return without_nan(-accuracy, loss);
}

// Regression: predictions are pairs of mean and variance, one for each target.

void add_squares(const Rows& outputs, const Truth& truth, const Scale& scale, std::size_t every,
                 std::span<double> sums) {
    for (std::size_t row = 0; row < outputs.count; ++row) {
        for (std::size_t target = 0; target < truth.targets; ++target) {
            const double error = (double{outputs[row][every * target]} - truth.numbers[row * truth.targets + target]) *
                                 scale.deviation_of(target);
            sums[target] += error * error;
        }
    }
}

/// Of several targets the mean of their root mean squared errors.
double mean_root(std::span<const double> sums, std::size_t rows) {
    double sum = 0;
    for (const double squares : sums) sum += std::sqrt(squares / static_cast<double>(rows));
    return sum / static_cast<double>(sums.size());
}

std::array<double, 2> by_loss(double loss, double rmse) {
    return without_nan(loss, rmse);
}

float in_units(float standardised, const Scale& scale, std::size_t target) {
    return static_cast<float>(standardised * scale.deviation_of(target) + scale.mean_of(target));
}

double gaussian(const Rows& outputs, const Truth& truth, const Rows* gradient, double) {
    return gradient == nullptr ? compute::gaussian_nll(outputs, truth.numbers, truth.weights)
                               : compute::gaussian_nll(outputs, truth.numbers, *gradient, truth.weights);
}

void gaussian_moments(const Rows& outputs, const Scale& scale, std::span<float> predictions) {
    for (std::size_t row = 0; row < outputs.count; ++row) {
        const auto in = outputs[row];
        const auto out = predictions.subspan(row * outputs.width, outputs.width);
        for (std::size_t target = 0; 2 * target < in.size(); ++target) {
            const double deviation = scale.deviation_of(target);
            const double variance = compute::variance_of(in[2 * target + 1]);
            out[2 * target] = in_units(in[2 * target], scale, target);
            out[2 * target + 1] = static_cast<float>(variance * deviation * deviation);
        }
    }
}

void add_gaussian_squares(const Rows& outputs, const Truth& truth, const Scale& scale, std::span<double> sums) {
    add_squares(outputs, truth, scale, 2, sums);
}

double squared(const Rows& outputs, const Truth& truth, const Rows* gradient, double) {
    return gradient == nullptr ? compute::squared_error(outputs, truth.numbers, truth.weights)
                               : compute::squared_error(outputs, truth.numbers, *gradient, truth.weights);
}

void means_alone(const Rows& outputs, const Scale& scale, std::span<float> predictions) {
    for (std::size_t row = 0; row < outputs.count; ++row) {
        for (std::size_t target = 0; target < outputs.width; ++target) {
            const std::size_t at = 2 * (row * outputs.width + target);
            predictions[at] = in_units(outputs[row][target], scale, target);
            predictions[at + 1] = 0;
        }
    }
}

void add_plain_squares(const Rows& outputs, const Truth& truth, const Scale& scale, std::span<double> sums) {
    add_squares(outputs, truth, scale, 1, sums);
}

void take_variance_of_errors(std::span<const float> validation, const Truth& truth, std::span<float> predictions) {
    const std::size_t targets = truth.targets;
    const std::size_t rows = validation.size() / (2 * targets);
    for (std::size_t target = 0; target < targets; ++target) {
        double sum = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            const double error =
                double{validation[2 * (row * targets + target)]} - truth.numbers[row * targets + target];
            sum += error * error;
        }
        // Without an error on any validation row nothing is known of how large they are, but never 0.
        const auto variance = static_cast<float>(sum / static_cast<double>(rows));
        for (std::size_t at = 2 * target + 1; at < predictions.size(); at += 2 * targets)
            predictions[at] = std::max(variance, std::numeric_limits<float>::min());
    }
}

constexpr std::array<Task, 3> table{{
    {.kind = Kind::classification,
     .loss_name = "cross-entropy",
     .text = "of classes",
     .outputs = 1,
     .predicted = 1,
     .loss = cross_entropy,
     .predict = probabilities,
     .add_watched = add_hits,
     .watched = hit_share,
     .order = by_accuracy,
     .best = "the highest accuracy on the validation rows",
     .complete = nullptr},
    {.kind = Kind::regression,
     .loss_name = "gaussian",
     .text = "of numbers, mean and variance for each row",
     .outputs = 2,
     .predicted = 2,
     .loss = gaussian,
     .predict = gaussian_moments,
     .add_watched = add_gaussian_squares,
     .watched = mean_root,
     .order = by_loss,
     .best = "the lowest NLL on the validation rows",
     .complete = nullptr},
    {.kind = Kind::regression,
     .loss_name = "squared",
     .text = "of numbers, one variance for all rows from the validation rows",
     .outputs = 1,
     .predicted = 2,
     .loss = squared,
     .predict = means_alone,
     .add_watched = add_plain_squares,
     .watched = mean_root,
     .order = by_loss,
     .best = "the lowest RMSE on the validation rows",
     .complete = take_variance_of_errors},
}};

}  // namespace

std::span<const Task> tasks() noexcept {
    return table;
}

const Task& standard_task(Kind kind) {
    const Task* task = find_task(kind, "");
    core::require(task != nullptr, "every kind of task has an entry");
    return *task;
}

const Task* find_task(Kind kind, std::string_view loss_name) {
    const auto found = std::ranges::find_if(table, [&](const Task& task) {
        return task.kind == kind && (loss_name.empty() || task.loss_name == loss_name);
    });
    return found == table.end() ? nullptr : found;
}

}  // namespace ensemble::task
