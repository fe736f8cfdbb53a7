#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/coverage.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {

// Sets of classes that hold the true one with a probability of at least 1 − alpha, by split conformal prediction; what
// that means stands in conformal.hpp. With the classes of a row in order of falling probability p1 ≥ p2 ≥ … (equal ones
// by number) the score of the j-th one is
//
//     p1 + … + p(j − 1) + u · pj + weight · max(0, j − free),       u uniform in [0, 1),
//
// and a set holds the classes whose score is at most the threshold: adaptive prediction sets (APS; Romano, Sesia,
// Candès 2020), with a weight above 0 regularised ones (RAPS; Angelopoulos et al. 2021), whose long tails are shorter.
//
// Sets are randomised, by u. With u = 1 instead they would be larger than they need be: where members are sure, nearly
// all scores are close to 1, and so is the threshold, which then lets in classes of no probability at all. u comes from
// a stream that the row's number in the data names, so that it depends on no other row. The first class is always in
// the set, as a set without any says nothing; where more than 1 − alpha of rows are right, coverage is that share.

/// What RAPS adds to scores.
struct SetPenalty {
    double weight = 0;     ///< λ; 0 is APS
    std::size_t free = 0;  ///< k_reg: so many classes are without penalty
};

/// Rows with the numbers that name their streams. Rows that calibrate have streams of their own, as others may have the
/// same numbers.
struct SetRows {
    const task::Answers& answers;            ///< the truth is only looked at where a threshold or penalty is fitted
    std::span<const std::uint32_t> numbers;  ///< [rows]
    std::uint64_t seed = 1;                  ///< stream (seed, sets)
    bool is_calibration = false;
};

/// The sets of some rows.
struct PredictionSets {
    std::size_t classes = 0;
    std::vector<std::uint8_t> contains;  ///< [rows × classes] 0 or 1

    [[nodiscard]] std::size_t rows() const noexcept { return contains.size() / classes; }
    [[nodiscard]] bool has(std::size_t row, std::size_t label) const { return contains[row * classes + label] != 0; }
    [[nodiscard]] std::size_t size(std::size_t row) const;

    /// REQUIRES: at least one row.
    [[nodiscard]] double mean_size() const;

    /// How many rows have a set of each size: [classes + 1], none of size 0.
    [[nodiscard]] std::vector<std::size_t> sizes() const;

    /// Whether each set holds its row's label: [rows].
    [[nodiscard]] std::vector<std::uint8_t> covered(std::span<const std::int32_t> labels) const;
};

/// The threshold of the scores of the rows' labels; infinite where there are too few. REQUIRES of this and all below:
/// probabilities in [0, 1], labels below answers.width where they are looked at, as many numbers as rows.
[[nodiscard]] double set_threshold(const SetRows& calibration, const SetPenalty& penalty, double alpha);

/// O(rows · classes · log classes).
[[nodiscard]] PredictionSets prediction_sets(const SetRows& rows, const SetPenalty& penalty, double threshold);

/// A penalty for RAPS, as its authors choose it: `free` is the (1 − alpha) conformal quantile of the labels' places in
/// their rows, `weight` the one of 0.001, 0.01, 0.1, 0.2, 0.5 with the smallest mean set on these rows. They may be
/// none of those that the threshold is found with.
[[nodiscard]] SetPenalty choose_penalty(const SetRows& rows, double alpha);

/// A way to make sets.
struct SetMethod {
    std::string_view name;  ///< in files: "raps"
    std::string_view text;  ///< what it is, in a line
    bool is_penalised;
};

/// All of them.
[[nodiscard]] std::span<const SetMethod> set_methods() noexcept;

/// What a method finds on the calibration rows.
struct FittedSets {
    SetPenalty penalty;
    double threshold = 0;
    std::size_t calibration_rows = 0;  ///< that the threshold is found with
};

/// RAPS chooses its penalty on every fifth calibration row, beginning with the first, and finds the threshold with the
/// others; APS uses all.
[[nodiscard]] FittedSets fit_sets(const SetMethod& method, const SetRows& calibration, double alpha);

}  // namespace ensemble::analysis
