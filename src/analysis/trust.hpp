#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/coverage.hpp"
#include "analysis/reliability.hpp"
#include "analysis/selective.hpp"
#include "analysis/temperature.hpp"
#include "core/names.hpp"
#include "task/score.hpp"

namespace ensemble::analysis {

/// What is done to the combined probabilities before they are written.
enum class Calibrate : std::uint8_t { none, temperature };

constexpr auto enum_names(Calibrate) {
    return std::array{core::Named{Calibrate::none, "none"}, core::Named{Calibrate::temperature, "temperature"}};
}

/// Rows whose forecast lies in [low, high), the last bin up to 1 inclusive.
struct CalibrationBin {
    double low = 0;
    double high = 0;
    std::size_t rows = 0;
    double confidence = 0;  ///< mean forecast; 0 without rows
    double accuracy = 0;    ///< how often it came true
};

/// Temperature scaling of a combination: fitted to rows that its members were not trained on, tried on the test rows.
struct Scaled {
    Temperature temperature;
    std::size_t rows = 0;  ///< that it is fitted to
    task::Scores test;     ///< of the combination at that temperature
};

/// Whether a combination's probabilities can be taken at their word: of the class it chooses, on the test rows.
struct CalibrationResult {
    double error = 0;           ///< bins of equal width: the metric "ece"
    double adaptive_error = 0;  ///< bins of equally many rows
    double debiased_error = 0;
    double class_wise_error = 0;
    std::vector<CalibrationBin> bins;
    Reliability reliability;
    std::vector<BandPoint> band;  ///< where the curve lies if forecasts are calibrated
    Scaled scaled;
};

/// Of what numbers' predicted distributions promise, on the test rows; of several targets each.
struct SpreadResult {
    std::vector<double> levels;                 ///< of central intervals
    std::vector<std::vector<double>> coverage;  ///< [targets × levels] share of rows inside
    std::vector<double> variance_factor;        ///< [targets] on rows that members were not trained on: 1 if calibrated
};

/// How often the rows of a group are covered.
struct GroupCoverage {
    std::string name;
    Coverage coverage;
};

/// Intervals or sets of classes that hold the truth of a new row with a probability of at least `level`: how large they
/// are, and how often they hold it on the test rows.
struct ConformalResult {
    std::string target;       ///< of regression
    std::string_view method;  ///< its name
    std::string_view text;    ///< what it is, in a line
    double level = 0.9;
    std::size_t calibration_rows = 0;
    /// Share of new rows that it holds the truth of at least; nothing where the calibration rows chose anything: when
    /// members stopped, or what they weigh in the combination; and where rows come in groups.
    std::optional<double> guaranteed = {};
    Coverage coverage;
    double mean_size = 0;  ///< classes in a set; width of an interval, infinite where there are too few rows
    std::vector<GroupCoverage> groups = {};  ///< as they are asked for; nothing is guaranteed in each of them
};

/// What it is worth to leave the least certain rows to somebody else.
struct SelectiveResult {
    std::vector<RiskCoverage::Point> curve;
    double aurc = 0;
    double augrc = 0;
    double risk_at_80 = 0;     ///< of the 80 % of rows with most confidence
    double coverage_at_5 = 0;  ///< classification: share of rows that can be taken at an error rate of 5 %
};

/// What the ensemble knows of what it does not know.
struct TrustResult {
    std::vector<std::string> measures;  ///< columns of uncertainty.npy
    std::vector<double> mean;           ///< of each over the test rows
    SelectiveResult selective;
    std::optional<CalibrationResult> calibration;  ///< of classification
    std::optional<SpreadResult> spread;            ///< of regression
    std::vector<ConformalResult> conformal;        ///< of each method, and target
};

/// Of the combination at place `combine`. `targets` are the names of the numbers that are predicted; classes need none.
/// Coverage is also told by `groups` of the test rows, unless there are none.
/// A pure function, O(rows · (classes + log rows)) and a few hundred isotonic fits. REQUIRES: the analysis is over; as
/// many rows in the groups as there are test rows.
[[nodiscard]] TrustResult trust_of(const Analysis& analysis, std::size_t combine,
                                   const std::vector<std::string>& targets, const RowGroups& groups = {});

}  // namespace ensemble::analysis
