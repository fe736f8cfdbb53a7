#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "data/npy_file.hpp"

namespace ensemble::data {

/// How many steps of each row of an array count. Throws core::Error (data) that names the row whose length is no whole
/// number from 1 to `steps`, which `features` has, or where there is not one for each of its rows.
[[nodiscard]] std::vector<std::uint32_t> read_lengths(NpyFile& file, const NpyFile& features, std::uint64_t steps);

/// Steps of the longest row; 0 of no rows.
[[nodiscard]] std::size_t longest(std::span<const std::uint32_t> lengths);

/// Sequences [rows × from × features] of floats or doubles as sequences of `to` steps: shorter ones end with steps of
/// NaN, and of longer ones the last are left out. REQUIRES: element is no byte.
[[nodiscard]] SharedBytes with_steps(const SharedBytes& sequences, Element element, std::size_t from, std::size_t to,
                                     std::size_t features);

}  // namespace ensemble::data
