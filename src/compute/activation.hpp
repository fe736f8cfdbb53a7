#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "compute/rows.hpp"

namespace ensemble::compute {

enum class Activation : std::uint8_t { sigmoid, tanh, relu, leaky_relu, elu, gelu, silu, softplus };

/// What the derivative of an activation is computed from.
enum class Needs : std::uint8_t {
    sign,    ///< the sign of its output is enough
    output,  ///< its output
    input,   ///< its input
};

[[nodiscard]] Needs derivative_needs(Activation activation) noexcept;

/// Slope of leaky_relu below zero, and the limit of −elu.
inline constexpr float leaky_slope = 0.01F;
inline constexpr float elu_limit = 1.0F;

/// x ← f(x), element by element.
/// sigmoid 1/(1+e⁻ˣ) · tanh · relu max(x,0) · leaky_relu x or 0.01x · elu x or eˣ−1 · gelu x·Φ(x) (Hendrycks & Gimpel
/// 2016, with the error function) · silu x·sigmoid(x) · softplus ln(1+eˣ).
void activate(Activation activation, std::span<float> x);
void activate(Activation activation, const Rows& x);

/// The same, with the same bits wherever x lies in memory. activate() leaves what stands before the first aligned
/// address to scalar code, whose e^x rounds otherwise than that of vectors.
void activate_anywhere(Activation activation, const Rows& x);

/// dx ← dy · f′(x), in place; `known` is what derivative_needs() names, as many elements as `gradient`.
void activate_backward(Activation activation, std::span<const float> known, std::span<float> gradient);
void activate_backward(Activation activation, const Rows& known, const Rows& gradient);

}  // namespace ensemble::compute
