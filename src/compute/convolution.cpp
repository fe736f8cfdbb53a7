#include "compute/convolution.hpp"

#include <optional>
#include <string>
#include <utility>

#include "compute/onednn.hpp"
#include "compute/winograd.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"

namespace compute {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using Tag = memory::format_tag;

memory::dim dim(std::size_t extent) {
    return static_cast<memory::dim>(extent);
}

/// One channel in plain order is both nhwc and nchw; kernels look for the one that goes with the other side.
memory::desc image_layout(const Images& images, const Images& other_side) {
    const bool plain = images.block == images.channels;
    const Tag blocks = images.block == 16 ? Tag::nChw16c : Tag::nChw8c;
    const bool other_plain = other_side.block == other_side.channels;
    const Tag tag = !plain ? blocks : images.channels == 1 && !other_plain ? Tag::nchw : Tag::nhwc;
    return {
        {dim(images.count), dim(images.channels), dim(images.height), dim(images.width)}, memory::data_type::f32, tag};
}

memory::dims weight_extents(const ConvolutionShape& shape) {
    return {dim(shape.channels_out), dim(shape.channels_in), dim(shape.window.size), dim(shape.window.size)};
}

/// Weights as the flat parameter buffer holds them.
memory::desc flat_weights(const ConvolutionShape& shape) {
    const memory::dim row = dim(shape.weight_stride);
    const memory::dim cell = dim(shape.channels_in) * row;
    return {weight_extents(shape), memory::data_type::f32, memory::dims{1, row, dim(shape.window.size) * cell, cell}};
}

/// What all three primitives of a convolution are described by.
struct Description {
    memory::desc x;
    memory::desc weights;
    memory::desc bias;
    memory::desc y;
    memory::dims strides;
    memory::dims before;
    memory::dims behind;

    Description(const ConvolutionShape& shape, const ConvolutionOrder& order)
        : x(image_layout(order.in, order.out)),
          weights(weight_extents(shape), memory::data_type::f32, Tag::any),
          bias({dim(shape.channels_out)}, memory::data_type::f32, Tag::x),
          y(image_layout(order.out, order.in)) {
        const Window& window = shape.window;
        strides = {dim(window.stride), dim(window.stride)};
        before = {dim(window.before(shape.height)), dim(window.before(shape.width))};
        behind = {dim(window.behind(shape.height)), dim(window.behind(shape.width))};
    }
};

using Forward = dnnl::convolution_forward::primitive_desc;
using BackwardData = dnnl::convolution_backward_data::primitive_desc;
using BackwardWeights = dnnl::convolution_backward_weights::primitive_desc;

// oneDNN 2.x builds a primitive descriptor from an operation descriptor, 3.x from its arguments.
#if DNNL_VERSION_MAJOR >= 3
Forward forward_descriptor(const Description& d, dnnl::prop_kind kind) {
    return {cpu_engine(), kind,    algorithm::convolution_direct, d.x, d.weights, d.bias, d.y, d.strides,
            d.before,     d.behind};
}
BackwardData data_descriptor(const Description& d, const Forward& hint) {
    return {cpu_engine(), algorithm::convolution_direct, d.x, d.weights, d.y, d.strides, d.before, d.behind, hint};
}
BackwardWeights weights_descriptor(const Description& d, const Forward& hint) {
    return {cpu_engine(), algorithm::convolution_direct, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind,
            hint};
}
#else
Forward forward_descriptor(const Description& d, dnnl::prop_kind kind) {
    return {{kind, algorithm::convolution_direct, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind},
            cpu_engine()};
}
BackwardData data_descriptor(const Description& d, const Forward& hint) {
    return {{algorithm::convolution_direct, d.x, d.weights, d.y, d.strides, d.before, d.behind}, cpu_engine(), hint};
}
BackwardWeights weights_descriptor(const Description& d, const Forward& hint) {
    return {{algorithm::convolution_direct, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind},
            cpu_engine(),
            hint};
}
#endif

Kernel<2> reorder_kernel(const memory::desc& from, const memory::desc& to) {
    const dnnl::reorder::primitive_desc descriptor(cpu_engine(), from, cpu_engine(), to);
    return {dnnl::reorder(descriptor), {{{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}}};
}

core::Buffer<float> room_for(const memory::desc& layout) {
    return core::Buffer<float>((layout.get_size() + sizeof(float) - 1) / sizeof(float));
}

}  // namespace

std::size_t Window::positions(std::size_t extent) const noexcept {
    if (padding == Padding::same) return (extent + stride - 1) / stride;
    return extent < size ? 0 : (extent - size) / stride + 1;
}

std::size_t Window::before(std::size_t extent) const noexcept {
    if (padding == Padding::valid) return 0;
    const std::size_t needed = (positions(extent) - 1) * stride + size;
    return needed > extent ? (needed - extent) / 2 : 0;
}

std::size_t Window::behind(std::size_t extent) const noexcept {
    if (padding == Padding::valid) return 0;
    const std::size_t needed = (positions(extent) - 1) * stride + size;
    return needed > extent ? needed - extent - before(extent) : 0;
}

ConvolutionOrder fastest_order(const ConvolutionShape& shape) {
    const std::size_t block = widest_block();
    // Blocks on both sides, or one channel in; anything else runs pixel by pixel.
    const bool in_blocks = shape.channels_in % block == 0;
    const bool out_blocks = shape.channels_out % block == 0 && (in_blocks || shape.channels_in == 1);
    return {.in = {.count = shape.count,
                   .height = shape.height,
                   .width = shape.width,
                   .channels = shape.channels_in,
                   .block = in_blocks && out_blocks ? block : shape.channels_in},
            .out = {.count = shape.count,
                    .height = shape.window.positions(shape.height),
                    .width = shape.window.positions(shape.width),
                    .channels = shape.channels_out,
                    .block = out_blocks ? block : shape.channels_out}};
}

struct Convolution::Impl {
    double flops = 0;
    std::string kernel;
    std::optional<Winograd> winograd;  ///< does it all where it can
    Kernel<2> pack_forward;            ///< weights from the flat buffer into the order of each primitive
    Kernel<2> pack_backward;
    Kernel<2> unpack_gradient;
    Kernel<4> forward;
    Kernel<3> backward_data;
    Kernel<4> backward_weights;
    core::Buffer<float> weights_forward;
    core::Buffer<float> weights_backward;  ///< empty if the forward ones serve
    core::Buffer<float> weights_gradient;
    bool has_input_gradient = false;
    bool has_weight_gradient = false;
};

Convolution::Convolution(const ConvolutionShape& shape, const ConvolutionOrder& order, Derivatives derivatives)
    : impl_(std::make_unique<Impl>()) {
    core::require(order.out.pixels() > 0, "a convolution's window fits its image");
    core::require(shape.weight_stride >= shape.channels_out, "rows of the weights do not overlap");
    Impl& impl = *impl_;
    impl.flops = 2.0 * static_cast<double>(order.out.elements()) *
                 static_cast<double>(shape.channels_in * shape.window.size * shape.window.size);
    impl.has_weight_gradient = derivatives != Derivatives::none;
    impl.has_input_gradient = derivatives == Derivatives::of_weights_and_input;
    if (Winograd::supports(shape)) {
        impl.kernel = "winograd 4x3";
        impl.winograd.emplace(shape, derivatives);
        return;
    }
    const Description d(shape, order);
    const memory::desc flat = flat_weights(shape);
    const auto kind =
        derivatives == Derivatives::none ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training;
    const Forward forward = forward_descriptor(d, kind);
    impl.kernel = forward.impl_info_str();
    impl.pack_forward = reorder_kernel(flat, forward.weights_desc());
    impl.weights_forward = room_for(forward.weights_desc());
    impl.forward = {dnnl::convolution_forward(forward),
                    {{{DNNL_ARG_SRC, d.x},
                      {DNNL_ARG_WEIGHTS, forward.weights_desc()},
                      {DNNL_ARG_BIAS, d.bias},
                      {DNNL_ARG_DST, d.y}}}};
    if (!impl.has_weight_gradient) return;

    const BackwardWeights weights = weights_descriptor(d, forward);
    impl.unpack_gradient = reorder_kernel(weights.diff_weights_desc(), flat);
    impl.weights_gradient = room_for(weights.diff_weights_desc());
    impl.backward_weights = {dnnl::convolution_backward_weights(weights),
                             {{{DNNL_ARG_SRC, d.x},
                               {DNNL_ARG_DIFF_DST, d.y},
                               {DNNL_ARG_DIFF_WEIGHTS, weights.diff_weights_desc()},
                               {DNNL_ARG_DIFF_BIAS, d.bias}}}};
    if (!impl.has_input_gradient) return;

    const BackwardData data = data_descriptor(d, forward);
    impl.pack_backward = reorder_kernel(flat, data.weights_desc());
    impl.weights_backward = room_for(data.weights_desc());
    impl.backward_data = {
        dnnl::convolution_backward_data(data),
        {{{DNNL_ARG_DIFF_DST, d.y}, {DNNL_ARG_WEIGHTS, data.weights_desc()}, {DNNL_ARG_DIFF_SRC, d.x}}}};
}

Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

void Convolution::forward(const float* x, const float* weights, const float* bias, float* y) {
    Impl& impl = *impl_;
    if (impl.winograd) return impl.winograd->forward(x, weights, bias, y);
    impl.pack_forward({weights, impl.weights_forward.data()});
    if (impl.has_input_gradient) impl.pack_backward({weights, impl.weights_backward.data()});
    impl.forward({x, impl.weights_forward.data(), bias, y});
}

void Convolution::backward_input(const float* dy, float* dx) {
    core::require(impl_->has_input_gradient, "a convolution is compiled for the derivatives it is asked for");
    if (impl_->winograd) return impl_->winograd->backward_input(dy, dx);
    impl_->backward_data({dy, impl_->weights_backward.data(), dx});
}

void Convolution::backward_weights(const float* x, const float* dy, float* dw, float* db) {
    Impl& impl = *impl_;
    core::require(impl.has_weight_gradient, "a convolution is compiled for the derivatives it is asked for");
    if (impl.winograd) return impl.winograd->backward_weights(x, dy, dw, db);
    impl.backward_weights({x, dy, impl.weights_gradient.data(), db});
    impl.unpack_gradient({impl.weights_gradient.data(), dw});
}

double Convolution::flops() const noexcept {
    return impl_->flops;
}

const char* Convolution::kernel() const noexcept {
    return impl_->kernel.c_str();
}

}  // namespace compute
