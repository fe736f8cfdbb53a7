#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "task/task.hpp"

namespace ensemble::task {

/// A value for each of a task's metrics, in their order.
using Scores = std::vector<double>;

/// Predictions of some rows by a task with so many targets.
struct Predicted {
    const Task& task;
    std::size_t targets = 1;
    std::span<const float> predictions;         ///< [rows × targets·predicted]
    std::span<const std::int32_t> chosen = {};  ///< classification: [rows] the class that was decided on
    std::span<const float> components = {};     ///< of a mixture: [members × rows × targets·predicted]
    std::size_t members = 0;                    ///< of the mixture; 0 where it is none
    std::span<const double> weights = {};       ///< of these; empty: all count the same

    [[nodiscard]] std::size_t rows() const noexcept { return predictions.size() / task.predicted_width(targets); }

    /// What they say to one question, below task.questions(targets), in the shape that metrics read.
    [[nodiscard]] Answers answers(std::size_t question, const Truth& truth) const;
};

/// Every metric of the predictions; of several numbers the mean over the targets. REQUIRES: at least one row.
[[nodiscard]] Scores score(const Predicted& predicted, const Truth& truth);

/// The class of each row's largest probability, first of equals; `probabilities` [rows × classes].
[[nodiscard]] std::vector<std::int32_t> most_probable(std::span<const float> probabilities, std::size_t classes);

}  // namespace ensemble::task
