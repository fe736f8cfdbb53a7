#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "compute/accumulate.hpp"
#include "compute/rows.hpp"

// Arithmetic on neighbouring numbers. REQUIRES, of every function: its arrays have one size and do not overlap.
namespace ensemble::compute {

/// to ← to + from. Inline, for rows of a few numbers are added as often as long ones.
inline void add(std::span<const float> from, float* __restrict to) {
    const float* __restrict x = from.data();
    for (std::size_t i = 0; i < from.size(); ++i) to[i] += x[i];
}

/// Every row of `to` ← itself + from.
void add_to_rows(std::span<const float> from, const Rows& to);

/// to ← Σ rows, or to + Σ rows: one row after the other. REQUIRES: as wide as the rows.
void add_up_rows(const Rows& rows, Accumulate accumulate, std::span<float> to);

/// to ← a + b.
void sum(std::span<const float> a, const float* b, float* to);

/// b ← a − b.
void subtract_from(std::span<const float> a, float* b);

/// to ← max(to + from, 0); a NaN stays one.
void add_and_rectify(std::span<const float> from, float* to);

/// values ← values · factors.
void multiply(std::span<float> values, const float* factors);

/// sums ← sums + values².
void add_squares(std::span<const float> values, float* sums);

/// sum + Σ values², one after the other in double precision.
[[nodiscard]] double plus_squares(double sum, std::span<const float> values);

/// Σ (a − b)².
[[nodiscard]] float squared_distance(std::span<const float> a, const float* b);

/// mean ← mean + α·(values − mean).
void blend(std::span<const float> values, float alpha, std::span<float> mean);

/// to ← to + distances · sign(direction), where the sign of 0 and of a NaN is 0.
void step_by_sign(std::span<const float> direction, const float* distances, float* to);

/// Where a number of the next piece is larger, takes it and notes the piece; a NaN counts as larger than all.
void take_larger(std::span<const float> next, std::uint8_t piece, float* largest, std::uint8_t* pieces);

/// to ← from where the piece is this one, 0 elsewhere.
void take_where(std::span<const float> from, const std::uint8_t* pieces, std::uint8_t piece, float* to);

}  // namespace ensemble::compute
