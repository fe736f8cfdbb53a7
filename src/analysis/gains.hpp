#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/mean_gain.hpp"
#include "analysis/row_results.hpp"
#include "task/score.hpp"

namespace ensemble::analysis {

/// The metrics of a task that are no means over rows, as places among its metrics.
[[nodiscard]] std::vector<std::size_t> whole_metrics(const task::Task& task);

/// Predictions in these metrics, of several targets the mean.
struct WholeScores {
    std::vector<double> values;      ///< [whole metrics]
    std::vector<double> influences;  ///< [whole metrics × rows], see task::Influences
};

/// A pure function, O(rows · log rows).
[[nodiscard]] WholeScores whole_scores(const task::Predicted& predicted, const task::Truth& truth);

/// What combinations and members are in metrics that are no means over rows, on the rows that gains are told of.
struct WholeReferences {
    std::vector<WholeScores> combined;    ///< [combinations]
    std::vector<double> mean;             ///< [whole metrics] the mean of the members'
    std::vector<double> best;             ///< of the member chosen on validation data
    std::vector<double> mean_influences;  ///< [whole metrics × rows], sums over the members
    std::vector<double> best_influences;
};

/// Gains whose rows are resampled together, and where each belongs.
struct AskedGains {
    struct Place {
        std::size_t combination = 0;
        std::size_t metric = 0;
        bool over_best = false;  ///< or over the mean member
    };
    MeanGains gains;
    std::vector<Place> places;
};

/// The gains of all combinations in all metrics with a better side, but in accuracy, whose rows are counted. Those in
/// metrics that are no means over rows are asked for where `whole` is there, and where they have a value. `rows` must
/// outlive it. A pure function.
[[nodiscard]] AskedGains ask_gains(const task::Task& task, std::size_t targets, const RowResults& rows,
                                   std::size_t members, std::uint64_t seed, const WholeReferences* whole);

/// The rows of one metric of mean_metrics(), by its place there: a list for each question.
[[nodiscard]] std::vector<std::span<const double>> lines_of(const RowValues& values, std::size_t place,
                                                            std::size_t questions, std::size_t rows);

}  // namespace ensemble::analysis
