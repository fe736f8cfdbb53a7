#pragma once

#include <algorithm>
#include <cstddef>

namespace ensemble::compute {

/// to [columns × rows] ← from [rows × columns] transposed; strides in floats between their rows. They do not overlap.
void transpose(const float* from, std::size_t stride_from, std::size_t rows, std::size_t columns, float* to,
               std::size_t stride_to);

/// The same of other numbers, in tiles so that no cache line is fetched more often than needed.
template <class Element>
void transpose(const Element* from, std::size_t stride_from, std::size_t rows, std::size_t columns, Element* to,
               std::size_t stride_to) {
    constexpr std::size_t tile = 16;
    for (std::size_t row = 0; row < rows; row += tile) {
        for (std::size_t column = 0; column < columns; column += tile) {
            for (std::size_t c = column; c < std::min(column + tile, columns); ++c) {
                for (std::size_t r = row; r < std::min(row + tile, rows); ++r)
                    to[c * stride_to + r] = from[r * stride_from + c];
            }
        }
    }
}

}  // namespace ensemble::compute
