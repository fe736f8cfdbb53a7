#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ensemble::analysis {

/// Neighbours that isotonic regression gives one value: up to `end`, from where the block before ends.
struct IsotonicBlock {
    std::size_t end = 0;
    double sum = 0;  ///< Σ weight · value
    double weight = 0;

    [[nodiscard]] double value() const noexcept { return sum / weight; }
};

/// Isotonic regression by pooling adjacent violators: of all non-decreasing sequences the one with the least
/// Σ weight · (fit − value)². Returns its blocks, whose values increase; of whole numbers as sums and weights they are
/// exact. O(n). REQUIRES: as many values as weights, all finite, weights > 0.
[[nodiscard]] std::vector<IsotonicBlock> isotonic_blocks(std::span<const double> values,
                                                         std::span<const double> weights);

/// The same of sums of weight · value, into `blocks`, whose room is used again. Checks nothing.
void pool_adjacent_violators(std::span<const double> sums, std::span<const double> weights,
                             std::vector<IsotonicBlock>& blocks);

}  // namespace ensemble::analysis
