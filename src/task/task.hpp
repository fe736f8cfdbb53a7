#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "compute/rows.hpp"
#include "task/kind.hpp"
#include "task/metric.hpp"
#include "task/truth.hpp"

namespace ensemble::task {

/// What a network's outputs mean and how good they are: one entry of a table for each kind of task and loss. `targets`
/// is everywhere the number of classes, or of the numbers to be learnt of a row.
struct Task {
    Kind kind;
    std::string_view loss_name;  ///< --loss
    std::string_view text;       ///< what it is, in a line
    std::size_t outputs;         ///< of the network for each target
    std::size_t predicted;       ///< numbers that are predicted for each target

    /// Sum over rows of weight · loss of `outputs` [rows × targets·outputs] against `truth`, whose numbers are
    /// standardised. With a `gradient` of that shape also the derivative of that sum divided by the rows. `smoothing`
    /// softens labels, see compute::softmax_cross_entropy.
    double (*loss)(const compute::Rows& outputs, const Truth& truth, const compute::Rows* gradient, double smoothing);

    /// Outputs into predictions [rows × targets·predicted], row after row: probabilities; or mean and variance of each
    /// target in its units, the variance 0 where the network has none. May overwrite `outputs`.
    void (*predict)(const compute::Rows& outputs, const Scale& scale, std::span<float> predictions);

    /// What is watched beside the loss while members train, the first of metrics(): adds what these rows have of it to
    /// `sums` [targets], and makes the metric of the sums over all `rows`. Numbers of `truth` are standardised.
    void (*add_watched)(const compute::Rows& outputs, const Truth& truth, const Scale& scale, std::span<double> sums);
    double (*watched)(std::span<const double> sums, std::size_t rows);

    /// Which of two members is better by what they reach on the validation rows: the smaller one, compared entry by
    /// entry. NaN is made larger than all.
    std::array<double, 2> (*order)(double loss, double watched);
    std::string_view best;  ///< what the best one has by that

    /// Puts into a member's predictions what its validation rows say about all rows, where outputs do not: with squared
    /// error the variance, which is the mean squared error of `validation` [rows × targets·predicted]. Null where
    /// nothing is lacking.
    void (*complete)(std::span<const float> validation, const Truth& truth, std::span<float> predictions);

    [[nodiscard]] std::span<const Metric> metrics() const noexcept {
        return kind == Kind::classification ? classification_metrics() : regression_metrics();
    }
    [[nodiscard]] std::size_t output_width(std::size_t targets) const noexcept { return targets * outputs; }
    [[nodiscard]] std::size_t predicted_width(std::size_t targets) const noexcept { return targets * predicted; }

    /// Questions that a row's prediction answers: one of classes, one for each number.
    [[nodiscard]] std::size_t questions(std::size_t targets) const noexcept {
        return kind == Kind::classification ? 1 : targets;
    }
};

/// All of them; the first of each kind is what is used unless asked otherwise. A new task is an entry there.
[[nodiscard]] std::span<const Task> tasks() noexcept;

/// The first of that kind.
[[nodiscard]] const Task& standard_task(Kind kind);

/// The task of that kind with that loss, or the first one if the name is empty; null if there is none.
[[nodiscard]] const Task* find_task(Kind kind, std::string_view loss_name);

}  // namespace ensemble::task
