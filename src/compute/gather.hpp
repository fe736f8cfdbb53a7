#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ensemble::compute {

/// Row i of `out`, `stride` apart ← scale · row chosen[i] of `stored` + offset; rows of `stored` have `width` numbers.
/// Stored is std::uint8_t, float or double; Real, in which it is computed, float or double.
/// REQUIRES: the chosen rows exist; stride >= width.
template <class Stored, class Real>
void gather(std::span<const std::uint32_t> chosen, const Stored* stored, std::size_t width, Real scale, Real offset,
            Real* out, std::size_t stride);

}  // namespace ensemble::compute
