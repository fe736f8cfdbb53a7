#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ensemble::task {

/// What is true of some rows.
struct Truth {
    std::span<const std::int32_t> labels = {};  ///< classification: [rows], each below the number of classes
    std::span<const float> numbers = {};        ///< regression: [rows × targets], row after row
    std::size_t targets = 1;                    ///< numbers of a row
    std::span<const float> weights = {};        ///< [rows] how much each counts in a loss; empty: all the same, 1

    /// Of rows [first, first + count).
    [[nodiscard]] Truth part(std::size_t first, std::size_t count) const {
        return {.labels = labels.empty() ? labels : labels.subspan(first, count),
                .numbers = numbers.empty() ? numbers : numbers.subspan(first * targets, count * targets),
                .targets = targets,
                .weights = weights.empty() ? weights : weights.subspan(first, count)};
    }
};

/// Of each target, where its numbers lie on the training rows. Networks learn (y − mean) / deviation; predictions are
/// in the units of y again. Empty for classification, and where networks learn the numbers as they are.
struct Scale {
    std::vector<double> mean = {};
    std::vector<double> deviation = {};

    [[nodiscard]] bool empty() const noexcept { return mean.empty(); }
    [[nodiscard]] double mean_of(std::size_t target) const { return empty() ? 0.0 : mean[target]; }
    [[nodiscard]] double deviation_of(std::size_t target) const { return empty() ? 1.0 : deviation[target]; }
};

}  // namespace ensemble::task
