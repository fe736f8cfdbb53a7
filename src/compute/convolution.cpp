#include "compute/convolution.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compute/onednn.hpp"
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
    return {dim(shape.channels_out), dim(shape.channels_in), dim(shape.window.size), dim(shape.window.size)};
}

/// Weights as the flat parameter buffer holds them.
memory::desc flat_weights(const ConvolutionShape& shape) {
    const memory::dim row = dim(shape.weight_stride);
    const memory::dim cell = dim(shape.channels_in) * row;
    return {weight_extents(shape), memory::data_type::f32, memory::dims{1, row, dim(shape.window.size) * cell, cell}};
}

/// Element types of what a primitive reads and writes.
struct Types {
    memory::data_type x = memory::data_type::f32;
    memory::data_type weights = memory::data_type::f32;
    memory::data_type y = memory::data_type::f32;

    /// In what the primitive multiplies.
    [[nodiscard]] Precision precision() const {
        const bool narrow = x != memory::data_type::f32 || y != memory::data_type::f32;
        return narrow ? Precision::bf16 : Precision::f32;
    }
};

constexpr auto f32 = memory::data_type::f32;
constexpr auto bf16 = memory::data_type::bf16;

/// What all three primitives of a convolution are described by.
struct Description {
    memory::desc x;
    memory::desc weights;
    memory::desc bias;
    memory::desc y;
    memory::dims strides;
    memory::dims before;
    memory::dims behind;

    Description(const ConvolutionShape& shape, const ConvolutionOrder& order, const Types& types)
        : x(image_layout(order.in, order.out, types.x, types.precision())),
          weights(weight_extents(shape), types.weights, Tag::any),
          bias({dim(shape.channels_out)}, f32, Tag::x),
          y(image_layout(order.out, order.in, types.y, types.precision())) {
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
Forward forward_descriptor(const Description& d, algorithm how, dnnl::prop_kind kind) {
    return {cpu_engine(), kind, how, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind};
}
BackwardData data_descriptor(const Description& d, algorithm how, const Forward& hint) {
    return {cpu_engine(), how, d.x, d.weights, d.y, d.strides, d.before, d.behind, hint};
}
BackwardWeights weights_descriptor(const Description& d, algorithm how, const Forward& hint) {
    return {cpu_engine(), how, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind, hint};
}
#else
Forward forward_descriptor(const Description& d, algorithm how, dnnl::prop_kind kind) {
    return {{kind, how, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind}, cpu_engine()};
}
BackwardData data_descriptor(const Description& d, algorithm how, const Forward& hint) {
    return {{how, d.x, d.weights, d.y, d.strides, d.before, d.behind}, cpu_engine(), hint};
}
BackwardWeights weights_descriptor(const Description& d, algorithm how, const Forward& hint) {
    return {{how, d.x, d.weights, d.bias, d.y, d.strides, d.before, d.behind}, cpu_engine(), hint};
}
#endif

bool winograd_pays(const ConvolutionShape& shape) {
    const std::size_t block = widest_block();
    return shape.window.size == 3 && shape.window.stride == 1 && shape.channels_in % block == 0 &&
           shape.channels_out % block == 0 && block == 16;
}

/// The descriptor that `make` gives for Winograd's algorithm where it pays and exists, else for the direct one.
template <class Make>
auto fastest(const ConvolutionShape& shape, Make make) {
    if (winograd_pays(shape)) {
        try {
            return make(algorithm::convolution_winograd);
        } catch (const dnnl::error&) {
            // Not for this shape, version or processor.
        }
    }
    return make(algorithm::convolution_direct);
}

enum class Direction : std::uint8_t { forward, input_gradient, weight_gradient };

/// What multiplies faster where bf16 is asked for. A rule and no measurement, so that every rank decides alike; from
/// convolutions of 16 to 256 channels on images of 4×4 to 32×32 on one core of an AMD Zen 4, where the slower choices
/// it makes cost less than 10 %.
Precision faster(const ConvolutionShape& shape, Direction direction) {
    const bool gradient = direction == Direction::weight_gradient;
    // Bound by the memory that holds dy, which would be read once more to be converted.
    if (gradient && shape.channels_in == 1) return Precision::f32;
    if (!winograd_pays(shape)) return Precision::bf16;
    constexpr std::size_t small_image = 64;  // pixels
    constexpr std::size_t tile = 4;          // Winograd's: rows and columns of y at a time
    const std::size_t height = shape.window.positions(shape.height);
    const std::size_t width = shape.window.positions(shape.width);
    if (gradient) return height * width <= small_image ? Precision::f32 : Precision::bf16;
    const bool whole_tiles = height % tile == 0 && width % tile == 0;
    const bool many_channels = std::min(shape.channels_in, shape.channels_out) >= 64;
    return whole_tiles && many_channels && height * width >= small_image ? Precision::f32 : Precision::bf16;
}

/// A primitive's descriptor, and in what it multiplies.
template <class Descriptor>
struct Choice {
    Descriptor descriptor;
    Precision precision;
};

/// The descriptor of make(Precision, algorithm) that is the faster one; in single precision where the library has no
/// kernel of its own for this shape in bf16.
template <class Make>
auto choose(const ConvolutionShape& shape, Direction direction, Precision precision, Make make) {
    using Chosen = Choice<decltype(make(Precision::f32, algorithm::convolution_direct))>;
    if (precision == Precision::bf16 && faster(shape, direction) == Precision::bf16) {
        try {
            auto descriptor = make(Precision::bf16, algorithm::convolution_direct);
            if (!std::string_view(descriptor.impl_info_str()).starts_with("ref"))
                return Chosen{std::move(descriptor), Precision::bf16};
        } catch (const dnnl::error&) {
            // Not for this shape, version or processor.
        }
    }
    return Chosen{fastest(shape, [&](algorithm how) { return make(Precision::f32, how); }), Precision::f32};
}

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
    Kernel<2> pack_forward;  ///< weights from the flat buffer into the order of each primitive
    Kernel<2> pack_backward;
    Kernel<2> unpack_gradient;
    Kernel<4> forward;
    Kernel<3> backward_data;
    Kernel<4> backward_weights;
    core::Buffer<float> weights_forward;
    core::Buffer<float> weights_backward;  ///< empty if the forward ones serve
    core::Buffer<float> weights_gradient;
    core::Buffer<Bfloat16> narrow_x;  ///< of the batch, where a direction multiplies in bf16; else empty
    core::Buffer<Bfloat16> narrow_dy;
    Precision forward_precision = Precision::f32;
    Precision input_precision = Precision::f32;   ///< of dx
    Precision weight_precision = Precision::f32;  ///< of dW
    bool has_input_gradient = false;
    bool has_weight_gradient = false;
};

namespace {

/// What a kernel of this precision reads: the values, or their copy.
const void* read(Precision precision, const float* values, const core::Buffer<Bfloat16>& copy) {
    return precision == Precision::bf16 ? static_cast<const void*>(copy.data()) : values;
}

void take(const float* values, core::Buffer<Bfloat16>& copy) {
    if (!copy.empty()) narrow({values, copy.size()}, copy);
}

}  // namespace

Convolution::Convolution(const ConvolutionShape& shape, const ConvolutionOrder& order, Derivatives derivatives,
                         Precision precision)
    : impl_(std::make_unique<Impl>()) {
    core::require(order.out.pixels() > 0, "a convolution's window fits its image");
    core::require(shape.weight_stride >= shape.channels_out, "rows of the weights do not overlap");
    Impl& impl = *impl_;
    const Description d(shape, order, {});
    const memory::desc flat = flat_weights(shape);
    const auto kind =
        derivatives == Derivatives::none ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training;
    const auto [forward, forward_precision] =
        choose(shape, Direction::forward, precision, [&](Precision with, algorithm how) {
            const Types types = with == Precision::bf16 ? Types{.x = bf16, .weights = bf16} : Types{};
            return forward_descriptor({shape, order, types}, how, kind);
        });
    impl.forward_precision = forward_precision;
    if (forward_precision == Precision::bf16) impl.narrow_x.resize(order.in.elements());
    impl.kernel = forward.impl_info_str();
    impl.flops = 2.0 * static_cast<double>(order.out.elements()) *
                 static_cast<double>(shape.channels_in * shape.window.size * shape.window.size);
    impl.pack_forward = reorder_kernel(flat, forward.weights_desc());
    impl.weights_forward = room_for(forward.weights_desc());
    impl.forward = {dnnl::convolution_forward(forward),
                    {{{DNNL_ARG_SRC, forward.src_desc()},
                      {DNNL_ARG_WEIGHTS, forward.weights_desc()},
                      {DNNL_ARG_BIAS, d.bias},
                      {DNNL_ARG_DST, d.y}}}};
    if (derivatives == Derivatives::none) return;

    impl.has_weight_gradient = true;
    // Backward passes want a forward descriptor of the same algorithm as a hint.
    const auto hint = [&](Precision with, algorithm how) {
        const Types types = with == Precision::bf16 ? Types{bf16, bf16, bf16} : Types{};
        return forward_descriptor({shape, order, types}, how, kind);
    };
    const auto [weights, weight_precision] =
        choose(shape, Direction::weight_gradient, precision, [&](Precision with, algorithm how) {
            const Types types = with == Precision::bf16 ? Types{.x = bf16, .y = bf16} : Types{};
            return weights_descriptor({shape, order, types}, how, hint(with, how));
        });
    impl.weight_precision = weight_precision;
    if (weight_precision == Precision::bf16) {
        impl.narrow_x.resize(order.in.elements());
        impl.narrow_dy.resize(order.out.elements());
    }
    impl.unpack_gradient = reorder_kernel(weights.diff_weights_desc(), flat);
    impl.weights_gradient = room_for(weights.diff_weights_desc());
    impl.backward_weights = {dnnl::convolution_backward_weights(weights),
                             {{{DNNL_ARG_SRC, weights.src_desc()},
                               {DNNL_ARG_DIFF_DST, weights.diff_dst_desc()},
                               {DNNL_ARG_DIFF_WEIGHTS, weights.diff_weights_desc()},
                               {DNNL_ARG_DIFF_BIAS, d.bias}}}};
    if (derivatives == Derivatives::of_weights) return;

    impl.has_input_gradient = true;
    const auto [data, input_precision] =
        choose(shape, Direction::input_gradient, precision, [&](Precision with, algorithm how) {
            const Types types = with == Precision::bf16 ? Types{.weights = bf16, .y = bf16} : Types{};
            return data_descriptor({shape, order, types}, how, hint(with, how));
        });
    impl.input_precision = input_precision;
    if (input_precision == Precision::bf16) impl.narrow_dy.resize(order.out.elements());
    impl.pack_backward = reorder_kernel(flat, data.weights_desc());
    impl.weights_backward = room_for(data.weights_desc());
    impl.backward_data = {dnnl::convolution_backward_data(data),
                          {{{DNNL_ARG_DIFF_DST, data.diff_dst_desc()},
                            {DNNL_ARG_WEIGHTS, data.weights_desc()},
                            {DNNL_ARG_DIFF_SRC, d.x}}}};
}

Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

void Convolution::forward(const float* x, const float* weights, const float* bias, float* y) {
    Impl& impl = *impl_;
    impl.pack_forward({weights, impl.weights_forward.data()});
    if (impl.has_input_gradient) impl.pack_backward({weights, impl.weights_backward.data()});
    take(x, impl.narrow_x);
    impl.forward({read(impl.forward_precision, x, impl.narrow_x), impl.weights_forward.data(), bias, y});
}

void Convolution::backward_input(const float* dy, float* dx) const {
    Impl& impl = *impl_;
    core::require(impl.has_input_gradient, "a convolution is compiled for the derivatives it is asked for");
    take(dy, impl.narrow_dy);
    impl.backward_data({read(impl.input_precision, dy, impl.narrow_dy), impl.weights_backward.data(), dx});
}

void Convolution::backward_weights(const float* x, const float* dy, float* dw, float* db) {
    Impl& impl = *impl_;
    core::require(impl.has_weight_gradient, "a convolution is compiled for the derivatives it is asked for");
    if (!impl.has_input_gradient) take(dy, impl.narrow_dy);
    impl.backward_weights({read(impl.weight_precision, x, impl.narrow_x),
                           read(impl.weight_precision, dy, impl.narrow_dy), impl.weights_gradient.data(), db});
    impl.unpack_gradient({impl.weights_gradient.data(), dw});
}

double Convolution::flops() const noexcept {
    return impl_->flops;
}

const char* Convolution::kernel() const noexcept {
    return impl_->kernel.c_str();
}

}  // namespace compute
