#pragma once

#include <cstddef>
#include <vector>

#include "task/metric.hpp"

namespace ensemble::analysis {

/// Events that were forecast with a probability, and whether they happened: what calibration is about.
struct Forecasts {
    std::vector<double> probability;  ///< [rows], in [0, 1]
    std::vector<double> outcome;      ///< [rows], 1 where the event happened, else 0

    [[nodiscard]] std::size_t rows() const noexcept { return probability.size(); }
};

/// That the chosen class is right, forecast with its probability. REQUIRES: at least one row, probabilities in [0, 1]
/// (rounding that makes them a little larger is cut off), labels and chosen classes below answers.width.
[[nodiscard]] Forecasts forecasts_of_chosen(const task::Answers& answers);

/// That a row is of class `label`, forecast with its probability. REQUIRES: as above, label < answers.width.
[[nodiscard]] Forecasts forecasts_of_class(const task::Answers& answers, std::size_t label);

/// REQUIRES of all that reads them: at least one row, probabilities in [0, 1], outcomes 0 or 1.
void require_valid(const Forecasts& forecasts);

}  // namespace ensemble::analysis
