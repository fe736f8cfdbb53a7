#include "compute/convolution.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compute/convolution_request.hpp"
#include "compute/onednn.hpp"
#include "compute/winograd.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

using namespace convolution;
using dnnl::memory;

/// How the directions of a convolution are computed. Rules and no measurements, so that every rank decides alike.
struct Ways {
    const ConvolutionShape& shape;
    Precision precision;
    bool by_winograd;  ///< what is in single precision, where it is the faster way

    Ways(const ConvolutionShape& of, const ConvolutionOrder& order, Precision wanted, Method method)
        : shape(of),
          precision(wanted),
          by_winograd(method == Method::fastest && Winograd::supports(of) && order.in.block == widest_block() &&
                      order.out.block == widest_block()) {}

    [[nodiscard]] bool multiplies_bf16(Direction direction) const {
        return precision == Precision::bf16 && compute::multiplies_bf16() &&
               gains_from_bf16(shape, direction, by_winograd);
    }

    /// The library's descriptor of make(Precision) for one direction; none where Winograd takes it.
    template <class Make>
    [[nodiscard]] auto choose(Direction direction, Make make) const {
        using Descriptor = decltype(make(Precision::f32));
        if (multiplies_bf16(direction)) {
            try {
                Descriptor descriptor = made_with_room([&] { return make(Precision::bf16); });
                if (!is_reference(descriptor.impl_info_str())) return std::optional<Descriptor>(std::move(descriptor));
            } catch (const dnnl::error&) {
                // Not for this shape, version or processor.
            }
        }
        return by_winograd ? std::nullopt
                           : std::optional<Descriptor>(made_with_room([&] { return make(Precision::f32); }));
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
    const auto descriptor = made_with_room(
        [&] { return dnnl::reorder::primitive_desc(cpu_engine(), from, cpu_engine(), to, with_own_scratch()); });
    const auto reorder = made_with_room([&] { return dnnl::reorder(descriptor); });
    return {reorder, {{{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}}, descriptor.scratchpad_desc()};
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

namespace {

/// A batch as a kernel reads it: in bf16 if any direction wants that, made by load().
class BatchOperand {
public:
    /// Called for each kernel that reads it.
    void plan(const memory::desc& layout, std::size_t elements) {
        if (is_narrow(layout)) copy_.resize(elements);
    }

    void load(const float* values) {
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
    core::Part all;  ///< images
    std::string kernels;
    bool has_input_gradient = false;
    bool has_weight_gradient = false;
    std::optional<Direct<4>> forward;
    std::optional<Direct<3>> input_gradient;
    std::optional<Direct<4>> weight_gradient;
    std::optional<Winograd> winograd;
    BatchOperand x;
    BatchOperand dy;

    void add_kernel(std::string_view result, std::string_view name) {
        if (!kernels.empty()) kernels += ", ";
        kernels.append(result).append(" by ").append(name);
    }
};

Convolution::Convolution(const ConvolutionShape& of, const ConvolutionOrder& in_order, Derivatives derivatives,
                         Precision precision, core::ThreadPool* pool, Method method)
    : impl_(std::make_unique<Impl>()) {
    const ConvolutionShape shape = on_its_side(of);
    const bool turned = is_column(of);
    const ConvolutionOrder order{turned ? on_its_side(in_order.in) : in_order.in,
                                 turned ? on_its_side(in_order.out) : in_order.out};
    core::require(order.out.pixels() > 0, "a convolution's window fits its image");
    core::require(shape.weight_stride >= shape.channels_out, "rows of the weights do not overlap");
    Impl& impl = *impl_;
    impl.all = {0, shape.count};
    impl.flops =
        2.0 * static_cast<double>(order.out.elements()) * static_cast<double>(shape.channels_in * shape.window.area());
    impl.has_weight_gradient = derivatives != Derivatives::none;
    impl.has_input_gradient = derivatives == Derivatives::of_weights_and_input;
    const Ways ways(shape, order, precision, method);
    const Description d(shape, order, {});
    const memory::desc flat = flat_weights(shape);
    // Backward passes want a forward descriptor of the same types as a hint.
    const auto hint = [&](Precision with) {
        const Types types = with == Precision::bf16 ? Types{bf16, bf16, bf16} : Types{};
        return forward_descriptor({shape, order, types}, derivatives);
    };

    if (const auto chosen = ways.choose(Direction::forward, [&](Precision with) {
            const Types types = with == Precision::bf16 ? Types{.x = bf16, .weights = bf16} : Types{};
            return forward_descriptor({shape, order, types}, derivatives);
        })) {
        impl.add_kernel("y", chosen->impl_info_str());
        impl.x.plan(chosen->src_desc(), order.in.elements());
        impl.forward = {.kernel = {made_with_room([&] { return dnnl::convolution_forward(*chosen); }),
                                   {{{DNNL_ARG_SRC, chosen->src_desc()},
                                     {DNNL_ARG_WEIGHTS, chosen->weights_desc()},
                                     {DNNL_ARG_BIAS, d.bias},
                                     {DNNL_ARG_DST, d.y}}},
                                   chosen->scratchpad_desc()},
                        .reorder = reorder_kernel(flat, chosen->weights_desc()),
                        .weights = room_for(chosen->weights_desc()),
                        .narrow = is_narrow(chosen->src_desc())};
    }
    if (impl.has_weight_gradient) {
        if (const auto chosen = ways.choose(Direction::weight_gradient, [&](Precision with) {
                const Types types = with == Precision::bf16 ? Types{.x = bf16, .y = bf16} : Types{};
                return weights_descriptor({shape, order, types}, hint(with));
            })) {
            impl.add_kernel("dW", chosen->impl_info_str());
            impl.x.plan(chosen->src_desc(), order.in.elements());
            impl.dy.plan(chosen->diff_dst_desc(), order.out.elements());
            impl.weight_gradient = {
                .kernel = {made_with_room([&] { return dnnl::convolution_backward_weights(*chosen); }),
                           {{{DNNL_ARG_SRC, chosen->src_desc()},
                             {DNNL_ARG_DIFF_DST, chosen->diff_dst_desc()},
                             {DNNL_ARG_DIFF_WEIGHTS, chosen->diff_weights_desc()},
                             {DNNL_ARG_DIFF_BIAS, d.bias}}},
                           chosen->scratchpad_desc()},
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
            impl.add_kernel("dx", chosen->impl_info_str());
            impl.dy.plan(chosen->diff_dst_desc(), order.out.elements());
            impl.input_gradient = {.kernel = {made_with_room([&] { return dnnl::convolution_backward_data(*chosen); }),
                                              {{{DNNL_ARG_DIFF_DST, chosen->diff_dst_desc()},
                                                {DNNL_ARG_WEIGHTS, chosen->weights_desc()},
                                                {DNNL_ARG_DIFF_SRC, d.x}}},
                                              chosen->scratchpad_desc()},
                                   .reorder = reorder_kernel(flat, chosen->weights_desc()),
                                   .weights = room_for(chosen->weights_desc()),
                                   .narrow = is_narrow(chosen->diff_dst_desc())};
        }
    }
    const Winograd::Directions by_winograd{.forward = !impl.forward,
                                           .input_gradient = impl.has_input_gradient && !impl.input_gradient,
                                           .weight_gradient = impl.has_weight_gradient && !impl.weight_gradient};
    if (!by_winograd.any()) return;
    impl.winograd.emplace(shape, by_winograd, pool);
    impl.add_kernel("all else", "winograd 4x3");
}

Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

void Convolution::set_weights(const float* weights) {
    Impl& impl = *impl_;
    if (impl.winograd) impl.winograd->set_weights(weights);
    if (impl.input_gradient) impl.input_gradient->reorder({weights, impl.input_gradient->weights.data()});
    if (impl.forward) impl.forward->reorder({weights, impl.forward->weights.data()});
}

void Convolution::forward(const float* x, const float* bias, float* y) {
    Impl& impl = *impl_;
    impl.x.load(x);
    if (!impl.forward) return impl.winograd->forward(x, bias, y, impl.all);
    const Direct<4>& direct = *impl.forward;
    direct.kernel({impl.x.as(direct.narrow, x), direct.weights.data(), bias, y});
}

void Convolution::backward_input(const float* dy, float* dx) {
    Impl& impl = *impl_;
    core::require(impl.has_input_gradient, "a convolution is compiled for the derivatives it is asked for");
    impl.dy.load(dy);
    if (!impl.input_gradient) return impl.winograd->backward_input(dy, dx, Accumulate::no, impl.all);
    const Direct<3>& direct = *impl.input_gradient;
    direct.kernel({impl.dy.as(direct.narrow, dy), direct.weights.data(), dx});
}

void Convolution::backward_weights(const float* x, const float* dy, float* dw, float* db) {
    Impl& impl = *impl_;
    core::require(impl.has_weight_gradient, "a convolution is compiled for the derivatives it is asked for");
    if (!impl.has_input_gradient) impl.dy.load(dy);
    if (!impl.weight_gradient) return impl.winograd->backward_weights(x, dy, dw, db, impl.all);
    Direct<4>& direct = *impl.weight_gradient;
    direct.kernel({impl.x.as(direct.narrow, x), impl.dy.as(direct.narrow, dy), direct.weights.data(), db});
    direct.reorder({direct.weights.data(), dw});
}

bool Convolution::goes_by_images() const noexcept {
    return !impl_->forward && !impl_->input_gradient && !impl_->weight_gradient;
}

void Convolution::forward(const float* x, const float* bias, float* y, core::Part images) {
    core::require(goes_by_images(), "only what goes by images is asked for some of them");
    impl_->winograd->forward(x, bias, y, images);
}

void Convolution::backward_input(const float* dy, float* dx, Accumulate accumulate, core::Part images) {
    core::require(goes_by_images() && impl_->has_input_gradient, "a convolution is compiled for what it is asked for");
    impl_->winograd->backward_input(dy, dx, accumulate, images);
}

void Convolution::backward_weights(const float* x, const float* dy, float* dw, float* db, core::Part images) {
    core::require(goes_by_images() && impl_->has_weight_gradient, "a convolution is compiled for what it is asked for");
    impl_->winograd->backward_weights(x, dy, dw, db, images);
}

void Convolution::read_again(const float* x) {
    Impl& impl = *impl_;
    if (impl.weight_gradient && impl.weight_gradient->narrow) impl.x.load(x);
}

double Convolution::flops() const noexcept {
    return impl_->flops;
}

const std::string& Convolution::kernels() const noexcept {
    return impl_->kernels;
}

}  // namespace ensemble::compute
