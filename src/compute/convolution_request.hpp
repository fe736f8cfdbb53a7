#pragma once

// What oneDNN is asked for to compute a convolution. Used by convolution.cpp alone.

#include <cstdint>
#include <string_view>

#include "compute/convolution.hpp"
#include "compute/onednn.hpp"

namespace ensemble::compute::convolution {

constexpr auto f32 = dnnl::memory::data_type::f32;
constexpr auto bf16 = dnnl::memory::data_type::bf16;

/// Element types of what a primitive reads and writes.
struct Types {
    dnnl::memory::data_type x = f32;
    dnnl::memory::data_type weights = f32;
    dnnl::memory::data_type y = f32;

    /// In what the primitive multiplies.
    [[nodiscard]] Precision precision() const { return x != f32 || y != f32 ? Precision::bf16 : Precision::f32; }
};

/// What all three primitives of a convolution are described by; weights in the order that the kernel likes.
struct Description {
    dnnl::memory::desc x;
    dnnl::memory::desc weights;
    dnnl::memory::desc bias;
    dnnl::memory::desc y;
    dnnl::memory::dims strides;
    dnnl::memory::dims before;
    dnnl::memory::dims behind;

    Description(const ConvolutionShape& shape, const ConvolutionOrder& order, const Types& types);
};

/// Weights as the flat parameter buffer holds them.
[[nodiscard]] dnnl::memory::desc flat_weights(const ConvolutionShape& shape);

using Forward = dnnl::convolution_forward::primitive_desc;
using BackwardData = dnnl::convolution_backward_data::primitive_desc;
using BackwardWeights = dnnl::convolution_backward_weights::primitive_desc;

enum class Direction : std::uint8_t { forward, input_gradient, weight_gradient };

/// Whether a direction is faster in bf16 than in single precision, there perhaps by way of Winograd.
[[nodiscard]] bool gains_from_bf16(const ConvolutionShape& shape, Direction direction, bool by_winograd) noexcept;

/// Throw dnnl::error where the library has nothing for that. Backward passes want a forward descriptor as a hint.
[[nodiscard]] Forward forward_descriptor(const Description& d, Derivatives derivatives);
[[nodiscard]] BackwardData data_descriptor(const Description& d, const Forward& hint);
[[nodiscard]] BackwardWeights weights_descriptor(const Description& d, const Forward& hint);

/// True for images one pixel wide under a window of that width: a sequence, pixel by pixel as a row in memory.
[[nodiscard]] bool is_column(const ConvolutionShape& shape) noexcept;

[[nodiscard]] Images on_its_side(Images images) noexcept;

/// The same convolution along the width if it is_column(), else itself. Weights lie as before.
[[nodiscard]] ConvolutionShape on_its_side(ConvolutionShape shape) noexcept;

/// True for a kernel that is there to be right, not fast: a thousand times slower than others.
[[nodiscard]] inline bool is_reference(const char* kernel) {
    return std::string_view(kernel).starts_with("ref");
}

}  // namespace ensemble::compute::convolution
