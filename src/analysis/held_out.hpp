#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/block.hpp"
#include "analysis/study.hpp"

namespace ensemble::analysis {

/// Predictions for rows that their members were not trained on: what weights are fitted to.
///
/// A candidate is what gets a weight. Without folds it is a member. With folds it is the members that differ in the
/// part they leave out alone: each predicts that part, so that together they predict all rows, every one by a member
/// that does not know it.
struct HeldOut {
    std::vector<std::vector<std::uint32_t>> candidates;  ///< places in the committee
    std::size_t rows = 0;
    std::vector<float> predictions;  ///< [candidates × rows × width]
    std::vector<std::int32_t> labels = {};
    std::vector<float> numbers = {};

    /// The candidates in the place of members.
    [[nodiscard]] Block block(const Study& study) const;

    /// The weight of each member: that of its candidate in equal parts. They sum to 1.
    [[nodiscard]] std::vector<double> member_weights(std::span<const double> of_candidates, std::size_t members) const;
};

/// Reads them. Rows that some candidate does not predict, since a member is missing, are left out; of very many rows
/// every so many, so that all fit into a quarter of a gigabyte. No rows where no row is predicted by all.
[[nodiscard]] HeldOut read_held_out(const Study& study, const Committee& committee, const ReadPredictions& read);

}  // namespace ensemble::analysis
