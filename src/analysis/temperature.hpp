#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "task/metric.hpp"

namespace ensemble::analysis {

/// Temperature scaling (Guo et al. 2017) of probabilities p: softmax(ln p / temperature), above 1 less certain, below 1
/// more. As in the log loss, probabilities below 2^-40 count as 2^-40, so that none is without logarithm.
struct Temperature {
    static constexpr double lowest = 0x1p-5;
    static constexpr double highest = 0x1p5;

    double value = 1;
    bool is_at_bound = false;  ///< the loss falls towards a bound and beyond: all rows are right, or all are wrong
    double loss_before = 0;    ///< mean log loss of the rows it is fitted to
    double loss = 0;           ///< of the same rows afterwards
};

/// The temperature between Temperature::lowest and ::highest with the least mean log loss of these rows; 1 where none
/// is better than another. In 1 / temperature the loss is convex: its derivative's root is found by Newton's method,
/// kept in a bracket that is halved where that does not converge. O(rows · classes) for each of about ten steps.
/// REQUIRES: at least one row, probabilities in [0, 1], labels below answers.width.
[[nodiscard]] Temperature fit_temperature(const task::Answers& answers);

/// [rows × classes] probabilities at that temperature. A row depends on nothing but itself. REQUIRES: whole rows,
/// probabilities in [0, 1], temperature > 0 and finite.
[[nodiscard]] std::vector<float> at_temperature(std::span<const float> probabilities, std::size_t classes,
                                                double temperature);

}  // namespace ensemble::analysis
