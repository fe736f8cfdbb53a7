#include "compute/convolution.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
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

enum class Direction : std::uint8_t { forward, input_gradient, weight_gradient };

/// How the directions of a convolution are computed. Rules and no measurements, so that every rank decides alike.
struct Ways {
    const ConvolutionShape& shape;
    Precision precision;
    bool by_winograd;  ///< where it is the faster way

    Ways(const ConvolutionShape& of, Precision wanted, Method method)
        : shape(of), precision(wanted), by_winograd(method == Method::fastest && Winograd::supports(of)) {}

    [[nodiscard]] bool multiplies_bf16(Direction direction) const {
        // Bound by the memory that holds dy, which would be read once more to be converted.
        const bool bound_by_memory = direction == Direction::weight_gradient && shape.channels_in == 1;
        // A quarter of the multiplications in f32 beats all of them in bf16: 16 to 256 channels on 7×7 to 28×28, AMD
        // Zen 4 and 5.
        return precision == Precision::bf16 && !bound_by_memory && !by_winograd;
    }

    /// The library's descriptor of make(Precision) for one direction; none where Winograd takes it.
    template <class Make>
    [[nodiscard]] auto choose(Direction direction, Make make) const {
        using Descriptor = decltype(make(Precision::f32));
        if (multiplies_bf16(direction)) {
            try {
                Descriptor descriptor = make(Precision::bf16);
                if (!std::string_view(descriptor.impl_info_str()).starts_with("ref"))
                    return std::optional<Descriptor>(std::move(descriptor));
            } catch (const dnnl::error&) {
                // Not for this shape, version or processor.
            }
        }
        return by_winograd ? std::nullopt : std::optional<Descriptor>(make(Precision::f32));
    }
};

bool is_narrow(const memory::desc& layout) {
#if DNNL_VERSION_MAJOR >= 3
    return layout.get_data_type() == bf16;
#else
    return layout.data_type() == bf16;
#endif
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

namespace {

/// A batch as a kernel reads it: in bf16 if any direction wants that, made by take().
class Operand {
public:
    /// Called for each kernel that reads it.
    void plan(const memory::desc& layout, std::size_t elements) {
        if (is_narrow(layout)) copy_.resize(elements);
    }

    void take(const float* values) {
        if (!copy_.empty()) narrow({values, copy_.size()}, copy_);
    }

    [[nodiscard]] const void* as(bool is_narrow, const float* values) const {
        return is_narrow ? static_cast<const void*>(copy_.data()) : values;
    }

private:
    core::Buffer<Bfloat16> copy_;
};

/// One direction through the library: its kernel, and weights or their gradient in the kernel's order.
template <std::size_t Arguments>
struct Direct {
    Kernel<Arguments> kernel;
    Kernel<2> reorder;  ///< between the flat buffer and `weights`
    core::Buffer<float> weights;
    bool narrow = false;
};

}  // namespace

/// Each direction goes through the library or, where there is no Direct for it, by Winograd.
struct Convolution::Impl {
    double flops = 0;
    std::string kernel = "winograd 4x3";
    bool has_input_gradient = false;
    bool has_weight_gradient = false;
    std::optional<Direct<4>> forward;
    std::optional<Direct<3>> input_gradient;
    std::optional<Direct<4>> weight_gradient;
    std::optional<Winograd> winograd;
    Operand x;
    Operand dy;
};

Convolution::Convolution(const ConvolutionShape& shape, const ConvolutionOrder& order, Derivatives derivatives,
                         Precision precision, core::Team* team, Method method)
    : impl_(std::make_unique<Impl>()) {
    core::require(order.out.pixels() > 0, "a convolution's window fits its image");
    core::require(shape.weight_stride >= shape.channels_out, "rows of the weights do not overlap");
    Impl& impl = *impl_;
    impl.flops = 2.0 * static_cast<double>(order.out.elements()) *
                 static_cast<double>(shape.channels_in * shape.window.size * shape.window.size);
    impl.has_weight_gradient = derivatives != Derivatives::none;
    impl.has_input_gradient = derivatives == Derivatives::of_weights_and_input;
    const Ways ways(shape, precision, method);
    const Description d(shape, order, {});
    const memory::desc flat = flat_weights(shape);
    const auto kind = impl.has_weight_gradient ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
    // Backward passes want a forward descriptor of the same types as a hint.
    const auto hint = [&](Precision with) {
        const Types types = with == Precision::bf16 ? Types{bf16, bf16, bf16} : Types{};
        return forward_descriptor({shape, order, types}, kind);
    };

    if (const auto chosen = ways.choose(Direction::forward, [&](Precision with) {
            const Types types = with == Precision::bf16 ? Types{.x = bf16, .weights = bf16} : Types{};
            return forward_descriptor({shape, order, types}, kind);
        })) {
        impl.kernel = chosen->impl_info_str();
        impl.x.plan(chosen->src_desc(), order.in.elements());
        impl.forward = {.kernel = {dnnl::convolution_forward(*chosen),
                                   {{{DNNL_ARG_SRC, chosen->src_desc()},
                                     {DNNL_ARG_WEIGHTS, chosen->weights_desc()},
                                     {DNNL_ARG_BIAS, d.bias},
                                     {DNNL_ARG_DST, d.y}}}},
                        .reorder = reorder_kernel(flat, chosen->weights_desc()),
                        .weights = room_for(chosen->weights_desc()),
                        .narrow = is_narrow(chosen->src_desc())};
    }
    if (impl.has_weight_gradient) {
        if (const auto chosen = ways.choose(Direction::weight_gradient, [&](Precision with) {
                const Types types = with == Precision::bf16 ? Types{.x = bf16, .y = bf16} : Types{};
                return weights_descriptor({shape, order, types}, hint(with));
            })) {
            impl.x.plan(chosen->src_desc(), order.in.elements());
            impl.dy.plan(chosen->diff_dst_desc(), order.out.elements());
            impl.weight_gradient = {.kernel = {dnnl::convolution_backward_weights(*chosen),
                                               {{{DNNL_ARG_SRC, chosen->src_desc()},
                                                 {DNNL_ARG_DIFF_DST, chosen->diff_dst_desc()},
                                                 {DNNL_ARG_DIFF_WEIGHTS, chosen->diff_weights_desc()},
                                                 {DNNL_ARG_DIFF_BIAS, d.bias}}}},
                                    .reorder = reorder_kernel(chosen->diff_weights_desc(), flat),
                                    .weights = room_for(chosen->diff_weights_desc()),
                                    .narrow = is_narrow(chosen->src_desc())};
        }
    }
    if (impl.has_input_gradient) {
        if (const auto chosen = ways.choose(Direction::input_gradient, [&](Precision with) {
                const Types types = with == Precision::bf16 ? Types{.weights = bf16, .y = bf16} : Types{};
                return data_descriptor({shape, order, types}, hint(with));
            })) {
            impl.dy.plan(chosen->diff_dst_desc(), order.out.elements());
            impl.input_gradient = {.kernel = {dnnl::convolution_backward_data(*chosen),
                                              {{{DNNL_ARG_DIFF_DST, chosen->diff_dst_desc()},
                                                {DNNL_ARG_WEIGHTS, chosen->weights_desc()},
                                                {DNNL_ARG_DIFF_SRC, d.x}}}},
                                   .reorder = reorder_kernel(flat, chosen->weights_desc()),
                                   .weights = room_for(chosen->weights_desc()),
                                   .narrow = is_narrow(chosen->diff_dst_desc())};
        }
    }
    const Winograd::Directions by_winograd{.forward = !impl.forward,
                                           .input_gradient = impl.has_input_gradient && !impl.input_gradient,
                                           .weight_gradient = impl.has_weight_gradient && !impl.weight_gradient};
    if (by_winograd.any()) impl.winograd.emplace(shape, by_winograd, team);
}

Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

void Convolution::take(const float* weights) {
    Impl& impl = *impl_;
    if (impl.winograd) impl.winograd->take(weights);
    if (impl.input_gradient) impl.input_gradient->reorder({weights, impl.input_gradient->weights.data()});
    if (impl.forward) impl.forward->reorder({weights, impl.forward->weights.data()});
}

void Convolution::forward(const float* x, const float* bias, float* y) {
    Impl& impl = *impl_;
    impl.x.take(x);
    if (!impl.forward) return impl.winograd->forward(x, bias, y);
    const Direct<4>& direct = *impl.forward;
    direct.kernel({impl.x.as(direct.narrow, x), direct.weights.data(), bias, y});
}

void Convolution::backward_input(const float* dy, float* dx) {
    Impl& impl = *impl_;
    core::require(impl.has_input_gradient, "a convolution is compiled for the derivatives it is asked for");
    impl.dy.take(dy);
    if (!impl.input_gradient) return impl.winograd->backward_input(dy, dx);
    const Direct<3>& direct = *impl.input_gradient;
    direct.kernel({impl.dy.as(direct.narrow, dy), direct.weights.data(), dx});
}

void Convolution::backward_weights(const float* x, const float* dy, float* dw, float* db) {
    Impl& impl = *impl_;
    core::require(impl.has_weight_gradient, "a convolution is compiled for the derivatives it is asked for");
    if (!impl.has_input_gradient) impl.dy.take(dy);
    if (!impl.weight_gradient) return impl.winograd->backward_weights(x, dy, dw, db);
    Direct<4>& direct = *impl.weight_gradient;
    direct.kernel({impl.x.as(direct.narrow, x), impl.dy.as(direct.narrow, dy), direct.weights.data(), db});
    direct.reorder({direct.weights.data(), dw});
}

double Convolution::flops() const noexcept {
    return impl_->flops;
}

const char* Convolution::kernel() const noexcept {
    return impl_->kernel.c_str();
}

}  // namespace compute
