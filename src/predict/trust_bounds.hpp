#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/gain.hpp"
#include "analysis/prediction_sets.hpp"
#include "analysis/study.hpp"
#include "predict/row_predictor.hpp"

namespace ensemble::predict {

/// Rows that the members were not trained on, with what is predicted of them and what is true: what new rows are
/// measured by.
struct HeldOutRows {
    std::size_t rows = 0;
    std::vector<float> combined;     ///< as Predictions has it, at its temperature
    std::vector<float> uncertainty;  ///< likewise
    std::vector<std::int32_t> labels;
    std::vector<float> numbers;
    std::size_t targets = 1;

    [[nodiscard]] task::Truth truth() const { return {.labels = labels, .numbers = numbers, .targets = targets}; }
};

/// The validation rows of a finished run, from the predictions in its files; with folds, each as predicted by members
/// that were not trained on it. `ensemble` needs no members here. Throws core::Error (data).
[[nodiscard]] HeldOutRows read_held_out_rows(const analysis::Study& study, const analysis::Committee& committee,
                                             const analysis::ReadPredictions& read, const Ensemble& ensemble);

/// Of rows whose truth is known.
struct BoundsHeld {
    std::uint64_t asked = 0;  ///< intervals, or sets
    std::uint64_t held = 0;   ///< those that hold the truth
    double extent = 0;        ///< sum of the widths of intervals, or of the classes in sets

    void add(const BoundsHeld& other);
};

/// What holds the truth of a new row with a probability of at least `level`, if it comes from where the validation rows
/// do: see analysis/conformal.hpp and analysis/prediction_sets.hpp. Numbers: the intervals "scaled", or "absolute"
/// where no deviation is predicted. Classes: the sets "aps", drawn by what is predicted of the row, so that it has the
/// same set in any place.
class TrustBounds {
public:
    /// REQUIRES: 0 < level < 1.
    TrustBounds(const Ensemble& ensemble, const HeldOutRows& rows, double level, std::uint64_t seed);

    /// Of numbers: [rows × targets]. Infinite where there are too few validation rows.
    [[nodiscard]] std::vector<analysis::Interval> intervals(const Predictions& predictions) const;

    /// Of classes.
    [[nodiscard]] analysis::PredictionSets sets(const Predictions& predictions) const;

    [[nodiscard]] double level() const noexcept { return 1 - alpha_; }

    /// How often they hold what is true: [rows × targets] numbers, or the places of classes; what is NaN is not asked.
    [[nodiscard]] BoundsHeld held(const Predictions& predictions, std::span<const double> truth) const;

    /// What the user should know; empty where there is nothing.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }

private:
    [[nodiscard]] task::Answers answers(std::span<const float> combined, std::size_t rows, std::size_t target) const;

    const Ensemble& ensemble_;
    double alpha_;
    std::uint64_t seed_;
    std::vector<std::size_t> methods_;  ///< of each target, among analysis::interval_methods()
    std::vector<double> thresholds_;    ///< of each target
    analysis::FittedSets fitted_;
    std::string note_;
};

}  // namespace ensemble::predict
