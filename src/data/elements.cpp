#include "data/elements.hpp"

#include <cmath>
#include <limits>

namespace ensemble::data {

float from_half(std::uint16_t bits) noexcept {
    constexpr int fraction_bits = 10;
    constexpr int bias = 15;
    constexpr int all_ones = 31;
    const int exponent = bits >> fraction_bits & all_ones;
    const int fraction = bits & ((1 << fraction_bits) - 1);
    float magnitude = 0;
    if (exponent == all_ones) {
        using Limits = std::numeric_limits<float>;
        magnitude = fraction == 0 ? Limits::infinity() : Limits::quiet_NaN();
    } else if (exponent == 0) {
        magnitude = std::ldexp(static_cast<float>(fraction), 1 - bias - fraction_bits);
    } else {
        magnitude = std::ldexp(static_cast<float>(fraction + (1 << fraction_bits)), exponent - bias - fraction_bits);
    }
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

}  // namespace ensemble::data
