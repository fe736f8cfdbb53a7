#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/combination.hpp"

namespace ensemble::analysis {

/// A metric's values row by row: [metrics that are means × questions × rows], see mean_metrics().
using RowValues = std::vector<double>;

/// For each of combinations_of(kind) the weight of each member; none where all count the same.
using Weights = std::vector<std::vector<double>>;

/// The metrics of a task that are means over rows, as places among its metrics.
[[nodiscard]] std::vector<std::size_t> mean_metrics(const task::Task& task);

/// Everything about the ensemble that is found row by row: of a block, or of all rows once each block is placed. Where
/// nothing is known to be true of the rows, there are no values.
struct RowResults {
    std::size_t rows = 0;
    std::vector<Combined> combined;          ///< by each of combinations_of(kind)
    std::vector<RowValues> combined_values;  ///< of each of them
    std::vector<std::int32_t> votes;         ///< [rows × classes]; empty in regression
    RowValues member_sums;                   ///< over the members; of accuracy the number that are right, exactly
    RowValues best;                          ///< of the member chosen on validation data
    std::vector<float> uncertainty;          ///< [rows × questions × measures], see uncertainties()

    /// Takes the results of a block of rows that begins with `first` among these. REQUIRES: they are of one task.
    void place(std::size_t first, const RowResults& block);
};

/// Room for so many rows.
[[nodiscard]] RowResults room_for(const task::Task& task, std::size_t targets, std::size_t rows, bool has_truth = true);

/// Combines the members' predictions of some rows and measures them. Local; a row's results depend on nothing but its
/// predictions and truth, and the weights. `best` is a place among the block's members. `weights` may be empty: all
/// members count the same in every combination.
[[nodiscard]] RowResults analyse(const Block& block, std::size_t best, const Weights& weights = {});

/// As bytes for another rank, and back. from_bytes() throws core::Error (run) unless they are results of some rows of
/// this task.
[[nodiscard]] std::vector<std::byte> to_bytes(const RowResults& results);
[[nodiscard]] RowResults row_results_from_bytes(const task::Task& task, std::size_t targets,
                                                std::span<const std::byte> bytes);

}  // namespace ensemble::analysis
