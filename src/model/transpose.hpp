#pragma once

#include <algorithm>
#include <cstddef>

namespace ensemble::model {

/// to [columns × rows] = from [rows × columns]ᵀ, in tiles so that no cache line is fetched more often than needed.
template <class Element>
void transpose(const Element* from, std::size_t from_stride, std::size_t rows, std::size_t columns, Element* to,
               std::size_t to_stride) {
    constexpr std::size_t tile = 16;
    for (std::size_t row = 0; row < rows; row += tile) {
        for (std::size_t column = 0; column < columns; column += tile) {
            for (std::size_t c = column; c < std::min(column + tile, columns); ++c) {
                for (std::size_t r = row; r < std::min(row + tile, rows); ++r)
                    to[c * to_stride + r] = from[r * from_stride + c];
            }
        }
    }
}

}  // namespace ensemble::model
