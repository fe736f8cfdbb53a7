#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/forecasts.hpp"

namespace ensemble::analysis {

// Reliability by isotonic regression, without bins to choose: the CORP approach of Dimitriadis, Gneiting and Jordan,
// "Stable reliability diagrams for probabilistic classifiers", PNAS 2021. What is asked of forecasts stands at
// require_valid().

/// Forecasts that isotonic regression gives one frequency. On the curve a level line from `low` to `high`; steps are
/// joined by straight lines.
struct ReliabilityStep {
    double low = 0;        ///< the smallest of these forecasts
    double high = 0;       ///< the largest
    double frequency = 0;  ///< how often their events happened: the forecast that would have been calibrated
    std::size_t rows = 0;
};

/// The mean squared error of forecasts (Brier score of the event) = miscalibration − discrimination + uncertainty. None
/// of them is negative.
struct BrierSplit {
    double score = 0;
    double miscalibration = 0;  ///< what the calibrated forecasts would gain; 0 if they are calibrated
    double discrimination = 0;  ///< what calibrated forecasts gain over the overall frequency f
    double uncertainty = 0;     ///< f (1 − f)
};

struct Reliability {
    std::vector<ReliabilityStep> steps;  ///< in order of the forecasts
    BrierSplit brier;
};

/// O(n log n).
[[nodiscard]] Reliability reliability(const Forecasts& forecasts);

struct BandRequest {
    std::uint64_t seed = 1;  ///< stream (seed, calibration)
    std::size_t replicates = 400;
    std::size_t points = 41;
    double level = 0.9;  ///< share of curves of calibrated forecasts that pass through the band at a point
};

/// Where the curve would lie, at one forecast, if forecasts were calibrated.
struct BandPoint {
    double forecast = 0;
    double low = 0;
    double high = 0;
};

/// Consistency band of the curve: for every replicate each event happens with the probability that was forecast, and a
/// curve is fitted; the band spans the middle `level` of these curves, at points evenly spaced from the smallest to the
/// largest forecast. Forecasts stay as they are, so that it is the curve's distribution under calibration given these.
/// One point where all are equal. O(replicates · n). REQUIRES: replicates, points > 0, 0 < level < 1.
[[nodiscard]] std::vector<BandPoint> consistency_band(const Forecasts& forecasts, const BandRequest& request);

}  // namespace ensemble::analysis
