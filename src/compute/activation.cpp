#include "compute/activation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

#include "compute/vector.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

using Values = Eigen::Map<Eigen::ArrayXf>;
using ConstValues = Eigen::Map<const Eigen::ArrayXf>;

constexpr float inverse_sqrt_2 = std::numbers::sqrt2_v<float> / 2;
constexpr float inverse_sqrt_2pi = std::numbers::inv_sqrtpi_v<float> * inverse_sqrt_2;

template <class Map, class Span>
Map map(Span span) {
    return Map(span.data(), static_cast<Eigen::Index>(span.size()));
}

/// A NaN stays one, or a diverged member would look healthy: hence no max().
inline void rectify(std::span<float> x) {
    transform(x, []<class P>(std::size_t, const P& v) { return v < 0.0F ? P{} : v; });
}

/// The gradient before a relu that left `known`.
inline void stop_where_off(std::span<const float> known, std::span<float> gradient) {
    transform(gradient,
              [&]<class P>(std::size_t i, const P& g) { return load_as<P>(known.data() + i) > 0.0F ? g : P{}; });
}

/// As activate(), with the same bits wherever x lies.
void activate_row_anywhere(Activation activation, std::span<float> x) {
    if (reinterpret_cast<std::uintptr_t>(x.data()) % core::alignment == 0) return activate(activation, x);
    // As it would be computed at an aligned address: whole vectors, and the rest at the end.
    constexpr std::size_t chunk = 512;
    alignas(core::alignment) std::array<float, chunk> copy;
    for (std::size_t first = 0; first < x.size(); first += chunk) {
        const std::span<float> part = x.subspan(first, std::min(chunk, x.size() - first));
        std::ranges::copy(part, copy.begin());
        activate(activation, std::span(copy).first(part.size()));
        std::copy_n(copy.begin(), part.size(), part.begin());
    }
}

}  // namespace

Needs derivative_needs(Activation activation) noexcept {
    switch (activation) {
        case Activation::relu:
        case Activation::leaky_relu:
            return Needs::sign;
        case Activation::sigmoid:
        case Activation::tanh:
        case Activation::elu:
        case Activation::softplus:
            return Needs::output;
        case Activation::gelu:
        case Activation::silu:
            return Needs::input;
    }
    return Needs::input;
}

void activate(Activation activation, std::span<float> x) {
    if (activation == Activation::relu) return rectify(x);
    if (activation == Activation::leaky_relu) {
        for (float& value : x) value = value < 0.0F ? leaky_slope * value : value;
        return;
    }
    // On some instruction sets Eigen's functions clamp their argument so that a NaN becomes a number; 0·x brings it
    // back.
    Values v = map<Values>(x);
    switch (activation) {
        case Activation::relu:
        case Activation::leaky_relu:
            break;
        case Activation::sigmoid:
            v = v.logistic() + 0.0F * v;
            break;
        case Activation::tanh:
            v = v.tanh() + 0.0F * v;
            break;
        case Activation::elu:
            v = v.max(0.0F) + elu_limit * v.min(0.0F).expm1() + 0.0F * v;
            break;
        case Activation::gelu:
            v = 0.5F * v * (1.0F + (v * inverse_sqrt_2).erf());
            break;
        case Activation::silu:
            v = v * v.logistic();
            break;
        case Activation::softplus:
            // max(x, 0) + ln(1 + e^−|x|) neither overflows nor loses small values.
            v = v.max(0.0F) + (-v.abs()).exp().log1p() + 0.0F * v;
            break;
    }
}

void activate(Activation activation, const Rows& x) {
    if (activation == Activation::relu) {
        for (std::size_t row = 0; row < x.count; ++row) rectify(x[row]);
        return;
    }
    for (std::size_t row = 0; row < x.count; ++row) activate(activation, x[row]);
}

void activate_anywhere(Activation activation, const Rows& x) {
    if (activation == Activation::relu || activation == Activation::leaky_relu) return activate(activation, x);
    for (std::size_t row = 0; row < x.count; ++row) activate_row_anywhere(activation, x[row]);
}

void activate_backward(Activation activation, std::span<const float> known, std::span<float> gradient) {
    core::require(known.size() == gradient.size(), "an activation's gradient is as long as its values");
    if (activation == Activation::relu) return stop_where_off(known, gradient);
    const ConstValues k = map<ConstValues>(known);
    Values g = map<Values>(gradient);
    switch (activation) {
        case Activation::relu:
            break;
        case Activation::leaky_relu:
            g = (k < 0.0F).select(leaky_slope * g, g);
            break;
        case Activation::sigmoid:
            g *= k * (1.0F - k);
            break;
        case Activation::tanh:
            g *= 1.0F - k * k;
            break;
        case Activation::elu:
            g = (k < 0.0F).select((k + elu_limit) * g, g);
            break;
        case Activation::gelu:
            g *= 0.5F * (1.0F + (k * inverse_sqrt_2).erf()) + k * inverse_sqrt_2pi * (-0.5F * k * k).exp();
            break;
        case Activation::silu:
            g *= k.logistic() * (1.0F + k * (1.0F - k.logistic()));
            break;
        case Activation::softplus:
            // From the output y = ln(1+eˣ): the derivative sigmoid(x) is 1 − e⁻ʸ.
            g *= -(-k).expm1();
            break;
    }
}

void activate_backward(Activation activation, const Rows& known, const Rows& gradient) {
    core::require(known.count == gradient.count && known.width == gradient.width,
                  "an activation's gradient has the extents of its values");
    if (activation == Activation::relu) {
        for (std::size_t row = 0; row < gradient.count; ++row) stop_where_off(known[row], gradient[row]);
        return;
    }
    for (std::size_t row = 0; row < gradient.count; ++row) activate_backward(activation, known[row], gradient[row]);
}

}  // namespace ensemble::compute
