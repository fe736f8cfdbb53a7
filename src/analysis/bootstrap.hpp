#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/interval.hpp"

namespace ensemble::analysis {

/// Columns of numbers whose means over rows are resampled together: in each replicate every column has the same rows.
/// A value that can be sent: whoever has it computes the same replicates.
struct ResampledColumns {
    static constexpr std::size_t most_groups = 5000;

    std::uint64_t seed = 1;
    std::size_t groups = 0;
    std::size_t columns = 0;
    std::vector<double> sums;  ///< [groups × columns] of deviations from the column's mean over the rows of a group
};

/// Makes what is resampled of `deviations`, [rows] for each column, whose mean is 0. Beyond most_groups rows these are
/// put together in groups, at random by the stream (seed, significance, epoch 0, step 1) and equally large but for one
/// row, which leaves the distribution of means as good as it is and takes no longer.
/// REQUIRES: columns of the same length, at least one row.
[[nodiscard]] ResampledColumns resampled_columns(std::span<const std::vector<double>> deviations, std::uint64_t seed);

/// Replicates [first, first + count) of the bootstrap: [count × columns] the mean of each column over as many groups as
/// there are, drawn with replacement, divided by its standard error in the replicate. Where that is 0, the mean's sign
/// times infinity, or 0. Replicate r draws from the stream (seed, significance, epoch 1, step r), and its sums are
/// taken in the order of groups: it is the same to the bit whoever computes it, with whichever others.
[[nodiscard]] std::vector<double> studentised_replicates(const ResampledColumns& columns, std::size_t first,
                                                         std::size_t count);

/// The 95 % interval of a mean with that standard error by the bootstrap-t (Efron and Tibshirani 1993, chapter 12):
/// [mean − t(0.975)·error, mean − t(0.025)·error] with the quantiles of `studentised`, one column of the replicates.
/// An end is infinite where the quantile is. REQUIRES: at least 40 replicates, none of them NaN.
[[nodiscard]] Interval studentised_interval(double mean, double error, std::vector<double> studentised);

}  // namespace ensemble::analysis
