#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/buffer.hpp"
#include "data/dataset.hpp"

namespace ensemble::data {

using Rows = std::span<const std::uint32_t>;

/// Calls use(first, values [rows × features]) for some rows of a table after the other.
template <class Use>
void for_each_block(const Table& table, Rows rows, Use use) {
    constexpr std::size_t block_rows = 512;
    core::Buffer<double> values;
    for (std::size_t first = 0; first < rows.size(); first += block_rows) {
        const Rows block = rows.subspan(first, std::min(block_rows, rows.size() - first));
        values.resize(block.size() * table.shape().elements());
        table.gather(block, values);
        use(first, std::span<const double>(values));
    }
}

/// The first two moments over some rows of features, or of groups of features that share them. They are those of
/// value · unit: units are powers of two, by which nothing is rounded, and 1 except where squares of the values would
/// be no numbers of double precision.
struct Moments {
    std::vector<double> unit;
    std::vector<double> mean;
    std::vector<double> deviation;  ///< 0 where all values are equal, or differ by no more than rounding
    std::vector<bool> rounded;      ///< where they differ by that

    [[nodiscard]] bool plain() const;  ///< all units are 1
};

/// `group` of each feature, counted from 0. Of sequences of different lengths, over the steps that count; a group of
/// which none does has mean and deviation 0.
[[nodiscard]] Moments measure(const Table& table, Rows rows, const std::vector<std::size_t>& group);

}  // namespace ensemble::data
