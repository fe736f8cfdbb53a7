#pragma once

#include <array>
#include <cstddef>

#include "compute/vector.hpp"

/// The transforms of F(4×4, 3×3), sixteen channels at a time; see Winograd.
namespace ensemble::compute::winograd {

constexpr std::size_t side = 4;   ///< outputs of a tile, each way
constexpr std::size_t reach = 6;  ///< inputs of a tile, each way
constexpr std::size_t points = reach * reach;

using Six = std::array<Vector, reach>;
using Four = std::array<Vector, side>;
using Three = std::array<Vector, 3>;

// The four transforms in one dimension, from the interpolation points 0, ±1, ±2 and ∞.

/// Bᵀ·d
inline Six of_input(const Six& d) {
    const Vector a = d[4] - 4 * d[2];
    const Vector b = d[3] - 4 * d[1];
    const Vector c = d[4] - d[2];
    const Vector e = 2 * (d[3] - d[1]);
    return {4 * d[0] - 5 * d[2] + d[4], a + b, a - b, c + e, c - e, 4 * d[1] - 5 * d[3] + d[5]};
}

/// Aᵀ·m
inline Four to_output(const Six& m) {
    const Vector sum = m[1] + m[2];
    const Vector difference = m[1] - m[2];
    const Vector outer_sum = m[3] + m[4];
    const Vector outer_difference = m[3] - m[4];
    return {m[0] + sum + outer_sum, difference + 2 * outer_difference, sum + 4 * outer_sum,
            difference + 8 * outer_difference + m[5]};
}

/// A·dy
inline Six of_gradient(const Four& d) {
    const Vector even = d[0] + d[2];
    const Vector odd = d[1] + d[3];
    const Vector outer_even = d[0] + 4 * d[2];
    const Vector outer_odd = 2 * d[1] + 8 * d[3];
    return {d[0], even + odd, even - odd, outer_even + outer_odd, outer_even - outer_odd, d[3]};
}

/// G·g
inline Six of_weights(const Three& g) {
    const Vector even = (g[0] + g[2]) * (-1.0F / 6);
    const Vector odd = g[1] * (1.0F / 6);
    const Vector outer_even = g[0] * (1.0F / 24) + g[2] * (1.0F / 6);
    const Vector outer_odd = g[1] * (1.0F / 12);
    return {g[0] * 0.25F, even - odd, even + odd, outer_even + outer_odd, outer_even - outer_odd, g[2]};
}

/// Gᵀ·s
inline Three to_weights(const Six& s) {
    const Vector sum = s[1] + s[2];
    const Vector outer_sum = s[3] + s[4];
    return {s[0] * 0.25F - sum * (1.0F / 6) + outer_sum * (1.0F / 24),
            (s[2] - s[1]) * (1.0F / 6) + (s[3] - s[4]) * (1.0F / 12), (outer_sum - sum) * (1.0F / 6) + s[5]};
}

/// A transform of both dimensions: of columns first, then of rows. `get(i, j)` gives, `put(i, j, value)` takes.
template <auto one_dimension, std::size_t From, std::size_t To, class Get, class Put>
void transform(Get get, Put put) {
    std::array<std::array<Vector, From>, To> half;
#pragma GCC unroll 6
    for (std::size_t j = 0; j < From; ++j) {
        std::array<Vector, From> column;
#pragma GCC unroll 6
        for (std::size_t i = 0; i < From; ++i) column[i] = get(i, j);
        const auto changed = one_dimension(column);
#pragma GCC unroll 6
        for (std::size_t i = 0; i < To; ++i) half[i][j] = changed[i];
    }
#pragma GCC unroll 6
    for (std::size_t i = 0; i < To; ++i) {
        const auto row = one_dimension(half[i]);
#pragma GCC unroll 6
        for (std::size_t j = 0; j < To; ++j) put(i, j, row[j]);
    }
}

}  // namespace ensemble::compute::winograd
