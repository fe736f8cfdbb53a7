#include "compute/convolution_request.hpp"

#include <utility>

#include "compute/onednn.hpp"
#include "compute/winograd.hpp"

namespace ensemble::compute {
namespace convolution {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using Tag = memory::format_tag;

memory::dim dim(std::size_t extent) {
    return static_cast<memory::dim>(extent);
}

bool lies_in_blocks(const Images& images) {
    return images.block != images.channels;
}

/// One channel in plain order is both nhwc and nchw, and one block of channels both nhwc and nChw16c; kernels look for
/// the one that goes with the other side. Where both sides are of that kind, bf16 has kernels for blocks, and single
/// precision for nhwc.
memory::desc image_layout(const Images& images, const Images& other, memory::data_type type, Precision precision) {
    const auto is_one_block = [](const Images& side) { return side.channels == widest_block(); };
    const bool other_in_blocks =
        lies_in_blocks(other) || (precision == Precision::bf16 && (is_one_block(other) || other.channels == 1));
    Tag tag = Tag::nhwc;
    if (lies_in_blocks(images) || (is_one_block(images) && other_in_blocks)) {
        tag = images.block == 16 ? Tag::nChw16c : Tag::nChw8c;
    } else if (images.channels == 1 && other_in_blocks) {
        tag = Tag::nchw;
    }
    return {{dim(images.count), dim(images.channels), dim(images.height), dim(images.width)}, type, tag};
}

memory::dims weight_extents(const ConvolutionShape& shape) {
    return {dim(shape.channels_out), dim(shape.channels_in), dim(shape.window.vertical.size),
            dim(shape.window.horizontal.size)};
}

dnnl::prop_kind kind_of_forward(Derivatives derivatives) {
    return derivatives == Derivatives::none ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training;
}

}  // namespace

Description::Description(const ConvolutionShape& shape, const ConvolutionOrder& order, const Types& types)
    : x(image_layout(order.in, order.out, types.x, types.precision())),
      weights(weight_extents(shape), types.weights, Tag::any),
      bias({dim(shape.channels_out)}, f32, Tag::x),
      y(image_layout(order.out, order.in, types.y, types.precision())) {
    const Window& down = shape.window.vertical;
    const Window& across = shape.window.horizontal;
    strides = {dim(down.stride), dim(across.stride)};
    before = {dim(down.before(shape.height)), dim(across.before(shape.width))};
    behind = {dim(down.behind(shape.height)), dim(across.behind(shape.width))};
}

bool gains_from_bf16(const ConvolutionShape& shape, Direction direction, bool by_winograd) noexcept {
    // With one channel in, y and dW are bound by the memory that holds y or dy: 53 and 41 GFLOP/s against 109 and 126
    // on Intel with AMX, 106 against 116 and 65 either way on AMD Zen 5, for 32 channels out of 28×28.
    if (shape.channels_in == 1) return direction == Direction::input_gradient;
    // A quarter of the multiplications in f32 beats all of them in AVX512_BF16: 16 to 256 channels on 7×7 to 28×28, AMD
    // Zen 4; on Zen 5 the one or the other is ahead by a tenth, by Winograd always dW. AMX is five times as fast.
    return !by_winograd || has_amx();
}

memory::desc flat_weights(const ConvolutionShape& shape) {
    const memory::dim row = dim(shape.weight_stride);
    const memory::dim cell = dim(shape.channels_in) * row;
    return {weight_extents(shape), memory::data_type::f32,
            memory::dims{1, row, dim(shape.window.horizontal.size) * cell, cell}};
}

// oneDNN 2.x builds a primitive descriptor from an operation descriptor, 3.x from its arguments.
#if DNNL_VERSION_MAJOR >= 3
Forward forward_descriptor(const Description& d, Derivatives derivatives) {
    const auto kind = kind_of_forward(derivatives);
    return {cpu_engine(),
            kind,
            algorithm::convolution_direct,
            d.x,
            d.weights,
            d.bias,
            d.y,
            d.strides,
            d.before,
            d.behind,
            with_own_scratch()};
}
BackwardData data_descriptor(const Description& d, const Forward& hint) {
    return {cpu_engine(),      algorithm::convolution_direct, d.x, d.weights, d.y, d.strides, d.before, d.behind, hint,
            with_own_scratch()};
}
BackwardWeights weights_descriptor(const Description& d, const Forward& hint) {
    return {cpu_engine(),
            algorithm::convolution_direct,
            d.x,
            d.weights,
            d.bias,
            d.y,
            d.strides,
            d.before,
            d.behind,
            hint,
            with_own_scratch()};
}
#else
Forward forward_descriptor(const Description& d, Derivatives derivatives) {
    const auto kind = kind_of_forward(derivatives);
    return {{kind, algorithm::convolution_direct, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind},
            with_own_scratch(),
            cpu_engine()};
}
BackwardData data_descriptor(const Description& d, const Forward& hint) {
    return {{algorithm::convolution_direct, d.x, d.weights, d.y, d.strides, d.before, d.behind},
            with_own_scratch(),
            cpu_engine(),
            hint};
}
BackwardWeights weights_descriptor(const Description& d, const Forward& hint) {
    return {{algorithm::convolution_direct, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind},
            with_own_scratch(),
            cpu_engine(),
            hint};
}
#endif

}  // namespace convolution

namespace {

/// True if the library has more than its reference for each direction, in single precision.
bool has_kernels(const ConvolutionShape& shape, const ConvolutionOrder& order, Derivatives derivatives) {
    using namespace convolution;
    const Description description(shape, order, {});
    const Forward forward = forward_descriptor(description, derivatives);
    if (is_reference(forward.impl_info_str())) return false;
    if (derivatives == Derivatives::none) return true;
    if (is_reference(weights_descriptor(description, forward).impl_info_str())) return false;
    return derivatives == Derivatives::of_weights ||
           !is_reference(data_descriptor(description, forward).impl_info_str());
}

ConvolutionOrder fastest_order_of_rows(const ConvolutionShape& shape, Derivatives derivatives, Precision precision) {
    const std::size_t block = widest_block();
    const auto order_in_blocks = [&](std::size_t block_in, std::size_t block_out) {
        return ConvolutionOrder{.in = {.count = shape.count,
                                       .height = shape.height,
                                       .width = shape.width,
                                       .channels = shape.channels_in,
                                       .block = block_in},
                                .out = {.count = shape.count,
                                        .height = shape.window.vertical.positions(shape.height),
                                        .width = shape.window.horizontal.positions(shape.width),
                                        .channels = shape.channels_out,
                                        .block = block_out}};
    };
    // Blocks on both sides, or one channel in, where there are kernels for that; anything runs pixel by pixel. Large
    // windows and small images are among what blocks have no kernels for.
    // The library's kernels for AMX know no blocks.
    const bool for_amx = precision == Precision::bf16 && has_amx();
    const bool in_blocks = shape.channels_in % block == 0;
    if (!for_amx && shape.channels_out % block == 0 && (in_blocks || shape.channels_in == 1)) {
        const ConvolutionOrder order = order_in_blocks(in_blocks ? block : 1, block);
        if (Winograd::supports(shape) || made_with_room([&] { return has_kernels(shape, order, derivatives); }))
            return order;
    }
    return order_in_blocks(shape.channels_in, shape.channels_out);
}

}  // namespace

namespace convolution {

bool is_column(const ConvolutionShape& shape) noexcept {
    return shape.width == 1 && shape.window.horizontal.size == 1;
}

Images on_its_side(Images images) noexcept {
    std::swap(images.height, images.width);
    return images;
}

ConvolutionShape on_its_side(ConvolutionShape shape) noexcept {
    if (!is_column(shape)) return shape;
    std::swap(shape.height, shape.width);
    std::swap(shape.window.vertical, shape.window.horizontal);
    return shape;
}

}  // namespace convolution

ConvolutionOrder fastest_order(const ConvolutionShape& shape, Derivatives derivatives, Precision precision) {
    if (convolution::is_column(shape)) {
        const ConvolutionOrder turned = fastest_order_of_rows(convolution::on_its_side(shape), derivatives, precision);
        return {convolution::on_its_side(turned.in), convolution::on_its_side(turned.out)};
    }
    return fastest_order_of_rows(shape, derivatives, precision);
}

}  // namespace ensemble::compute
