#pragma once

#include <cstddef>
#include <span>

#include "task/score.hpp"

namespace ensemble::analysis {

/// What members predict of some rows of an evaluation set, and what is true of these.
struct Block {
    const task::Task& task;
    std::size_t targets = 1;  ///< classes, or numbers to be learnt
    std::size_t members = 0;  ///< in the order of their index
    std::size_t rows = 0;
    std::span<const float> predictions;  ///< [members × rows × width()]
    task::Truth truth;

    [[nodiscard]] std::size_t width() const noexcept { return task.predicted_width(targets); }
    [[nodiscard]] std::span<const float> of(std::size_t member) const {
        return predictions.subspan(member * rows * width(), rows * width());
    }
};

}  // namespace ensemble::analysis
