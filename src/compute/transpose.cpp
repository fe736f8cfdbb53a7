#include "compute/transpose.hpp"

#include "compute/vector.hpp"

namespace ensemble::compute {
namespace {

constexpr std::size_t eight = 8;

/// Eight rows of eight numbers: neighbours change places, then pairs, then halves.
void transpose_block(const float* from, std::size_t stride_from, float* to, std::size_t stride_to) {
    using Row = Pack<eight>;
    Row rows[eight];
    for (std::size_t i = 0; i < eight; ++i) rows[i] = load_pack<eight>(from + i * stride_from);
    Row pairs[eight];
    for (std::size_t i = 0; i < eight; i += 2) {
        pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    Row quads[eight];
    for (const std::size_t i : {0, 1, 4, 5}) {
        quads[i] = __builtin_shufflevector(pairs[i], pairs[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        quads[i + 2] = __builtin_shufflevector(pairs[i], pairs[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    constexpr std::size_t half = eight / 2;
    for (std::size_t i = 0; i < half; ++i) {
        store_pack<eight>(__builtin_shufflevector(quads[i], quads[i + half], 0, 1, 2, 3, 8, 9, 10, 11),
                          to + i * stride_to);
        store_pack<eight>(__builtin_shufflevector(quads[i], quads[i + half], 4, 5, 6, 7, 12, 13, 14, 15),
                          to + (i + half) * stride_to);
    }
}

}  // namespace

void transpose(const float* from, std::size_t stride_from, std::size_t rows, std::size_t columns, float* to,
               std::size_t stride_to) {
    const auto single = [&](std::size_t row, std::size_t column) {
        to[column * stride_to + row] = from[row * stride_from + column];
    };
    std::size_t row = 0;
    for (; row + eight <= rows; row += eight) {
        std::size_t column = 0;
        for (; column + eight <= columns; column += eight)
            transpose_block(from + row * stride_from + column, stride_from, to + column * stride_to + row, stride_to);
        for (; column < columns; ++column)
            for (std::size_t i = row; i < row + eight; ++i) single(i, column);
    }
    for (; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column) single(row, column);
}

}  // namespace ensemble::compute
