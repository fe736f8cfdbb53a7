#pragma once

#include <bit>
#include <cstdint>

// Elementary functions in a form that compilers turn into vector code inside a loop: no branches, no tables, no calls.
// A NaN stays one: every comparison is written so that it lets a NaN through.
namespace ensemble::compute {

/// eˣ to about one unit in the last place for −87 ≤ x ≤ 88, and the value at the nearer end beyond. The reduction and
/// the polynomial are those of Cephes' expf (Moshier 1989).
[[nodiscard]] inline float exponential(float x) noexcept {
    constexpr float log2_e = 1.44269504088896341F;
    constexpr float ln2_high = 0.693359375F;
    constexpr float ln2_low = -2.12194440e-4F;
    constexpr float round_to_whole = 12582912.0F;  // 1.5·2²³: what is added to it loses its fraction
    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;
    const float shifted = x * log2_e + round_to_whole;
    const float n = shifted - round_to_whole;
    const float r = (x - n * ln2_high) - n * ln2_low;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    // n stands in the last bits of `shifted`; moved to the exponent it gives 2ⁿ.
    const std::uint32_t power = (std::bit_cast<std::uint32_t>(shifted) << 23U) + 0x3F800000U;
    return p * std::bit_cast<float>(power);
}

/// 1 / (1 + e⁻ˣ).
[[nodiscard]] inline float logistic(float x) noexcept {
    return 1.0F / (1.0F + exponential(-x));
}

/// tanh(x) to a few units in the last place: the rational function of Eigen, an odd polynomial of degree 13 over an
/// even one of degree 6.
[[nodiscard]] inline float hyperbolic_tangent(float x) noexcept {
    constexpr float largest = 7.90531110763549805F;  // beyond it the result is ±1
    x = x < -largest ? -largest : x;
    x = x > largest ? largest : x;
    const float s = x * x;
    float p = -2.76076847742355e-16F;
    p = p * s + 2.00018790482477e-13F;
    p = p * s + -8.60467152213735e-11F;
    p = p * s + 5.12229709037114e-08F;
    p = p * s + 1.48572235717979e-05F;
    p = p * s + 6.37261928875436e-04F;
    p = p * s + 4.89352455891786e-03F;
    float q = 1.19825839466702e-06F;
    q = q * s + 1.18534705686654e-04F;
    q = q * s + 2.26843463243900e-03F;
    q = q * s + 4.89352518554385e-03F;
    return x * p / q;
}

}  // namespace ensemble::compute
