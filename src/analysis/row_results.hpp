#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/combination.hpp"

namespace ensemble::analysis {

/// A metric's values row by row: [metrics that are means × questions × rows], see mean_metrics().
using RowValues = std::vector<double>;

/// The metrics of a task that are means over rows, as places among its metrics.
[[nodiscard]] std::vector<std::size_t> mean_metrics(const task::Task& task);

/// Everything about the ensemble that is found row by row: of a block, or of all rows once each block is placed.
struct RowResults {
    std::size_t rows = 0;
    std::vector<Combined> combined;          ///< by each of combinations_of(kind)
    std::vector<RowValues> combined_values;  ///< of each of them
    std::vector<std::int32_t> votes;         ///< [rows × classes]; empty in regression
    RowValues member_sums;                   ///< over the members; of accuracy the number that are right, exactly
    RowValues best;                          ///< of the member chosen on validation data

    /// Takes the results of a block of rows that begins with `first` among these. REQUIRES: they are of one task.
    void place(std::size_t first, const RowResults& block);
};

/// Room for so many rows.
[[nodiscard]] RowResults room_for(const task::Task& task, std::size_t targets, std::size_t rows);

/// Combines the members' predictions of some rows and measures them. Local; a row's results depend on nothing but its
/// predictions and truth. `best` is a place among the block's members.
[[nodiscard]] RowResults analyse(const Block& block, std::size_t best);

}  // namespace ensemble::analysis
