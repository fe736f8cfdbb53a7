#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/block.hpp"
#include "analysis/smaller_ensembles.hpp"

namespace ensemble::analysis {

/// The metrics that are told of ensembles of fewer members, as places among the task's.
[[nodiscard]] std::vector<std::size_t> metrics_by_size(const task::Task& task);

/// Pairs of members are compared among the first so many.
inline constexpr std::size_t most_paired = 128;

/// The place of a pair of members, first < second, in a list of all pairs: those of a second member stand together.
[[nodiscard]] constexpr std::size_t pair_place(std::size_t first, std::size_t second) noexcept {
    return second * (second - 1) / 2 + first;
}

/// An error of the mean member, split into that of the ensemble and what its members differ: sums over rows.
enum class Split : std::uint8_t { mean_member, diversity, ensemble };
inline constexpr std::size_t split_parts = 3;

/// How the members' row values vary when each is left out in turn: sums, over rows and members, of products of the
/// deviations from their mean over the members; of the ensemble's row values, and of what it is compared with.
enum class Moment : std::uint8_t { ensemble, with_mean, mean, with_best, best };
inline constexpr std::size_t moment_count = 5;

/// What is said of members among themselves: sums over rows, so that those of blocks of rows add up. A line is a metric
/// of metrics_by_size() and a question: [metrics × questions], the questions of a metric together.
struct MemberSums {
    std::size_t rows = 0;
    std::vector<std::int64_t> right;        ///< classification: [paired] rows a member has right
    std::vector<std::int64_t> chosen;       ///< [paired × classes] rows for which it chooses the class
    std::vector<std::int64_t> both_right;   ///< [pairs]
    std::vector<std::int64_t> agree;        ///< [pairs] rows for which both choose the same class
    std::vector<double> residuals;          ///< regression: [targets × paired] of errors with their sign
    std::vector<double> residual_squares;   ///< [targets × paired]
    std::vector<double> residual_products;  ///< [targets × pairs]
    std::vector<double> split;              ///< [questions × Split] of the squared error, or of the Brier score
    std::vector<double> log_split;          ///< [Split] of the log loss of the geometric mean; empty in regression
    std::vector<double> members;            ///< [lines × members] of a member's row values
    std::vector<double> ensemble;           ///< [lines] of the ensemble's
    std::vector<double> without;            ///< [lines × members] of the ensemble's without a member; of one none
    std::vector<double> moments;            ///< [lines × Moment]; without any where there are no two members
    std::vector<double> subsets;            ///< [lines × sizes × orders] of the row values of smaller ensembles
    std::vector<std::uint64_t> digests;     ///< [members] of their predictions

    /// Adds those of the rows that follow. REQUIRES: both are of the same members and subsets.
    void add(const MemberSums& next);
};

/// Of some rows whose truth is known. `best` and `second` are places of the two members that are best on validation
/// data. O(rows · (members² + subsets)). A pure function. REQUIRES: subsets of the block's members.
[[nodiscard]] MemberSums member_sums(const Block& block, const Subsets& subsets, std::size_t best, std::size_t second);

/// As bytes for another rank, and back. member_sums_from_bytes() throws core::Error (run) unless they are sums over so
/// many rows of so many members and those subsets.
[[nodiscard]] std::vector<std::byte> to_bytes(const MemberSums& sums);
[[nodiscard]] MemberSums member_sums_from_bytes(const Block& shape, const Subsets& subsets,
                                                std::span<const std::byte> bytes);

}  // namespace ensemble::analysis
