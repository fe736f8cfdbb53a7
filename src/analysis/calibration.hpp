#pragma once

#include <cstddef>

#include "analysis/forecasts.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {

/// Calibration errors in bins: how far the mean forecast of a bin is from how often its events happened. What is asked
/// of `forecasts` stands at require_valid(). REQUIRES of all: bins > 0.
inline constexpr std::size_t calibration_bins = 15;

/// Expected calibration error (Naeini et al. 2015) with bins [k / bins, (k + 1) / bins), the last up to 1 inclusive:
/// Σ rows of the bin / rows · |mean forecast − frequency|. With 15 bins of the chosen class it is the metric "ece".
[[nodiscard]] double equal_width_error(const Forecasts& forecasts, std::size_t bins = calibration_bins);

/// The same with bins of equally many rows (adaptive calibration error, Nixon et al. 2019). Equal forecasts are never
/// separated: they belong to the bin in which the first of them lies.
[[nodiscard]] double equal_mass_error(const Forecasts& forecasts, std::size_t bins = calibration_bins);

/// Root of the mean squared calibration error in bins of equally many rows, without the bias that chance alone gives it
/// (Bröcker 2012, Ferro and Fricker 2012; Kumar et al. 2019, section 4):
/// Σ rows of the bin / rows · ((mean forecast − f)² − f (1 − f) / (rows of the bin − 1)), f the frequency. Bins of one
/// row count as 0, and a sum below 0 as 0. It is a quadratic mean, so at least as large as the mean error it estimates.
[[nodiscard]] double debiased_error(const Forecasts& forecasts, std::size_t bins = calibration_bins);

/// Mean over the classes of equal_width_error() of the forecasts that a row is of the class (Kull et al. 2019).
/// What is asked of `answers` stands at forecasts_of_class().
[[nodiscard]] double class_wise_error(const task::Answers& answers, std::size_t bins = calibration_bins);

}  // namespace ensemble::analysis
