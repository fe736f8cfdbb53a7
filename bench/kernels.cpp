#include "kernels.hpp"

#include <algorithm>
#include <functional>

#include "compute/convolution.hpp"
#include "compute/matmul.hpp"
#include "core/buffer.hpp"
#include "core/stopwatch.hpp"
#include "model/layers.hpp"

namespace ensemble::bench {
namespace {

constexpr double never = 1e9;

/// Shortest time of one call, in seconds.
double best_seconds(double flops, const std::function<void()>& call) {
    const int runs = std::max(1, static_cast<int>(2e8 / flops));
    double best = never;
    for (int repeat = 0; repeat < 5; ++repeat) {
        const core::Stopwatch watch;
        for (int i = 0; i < runs; ++i) call();
        best = std::min(best, watch.seconds() / runs);
    }
    return best;
}

/// Of one product, over the memory layouts that a network could choose.
template <class Element>
double best_seconds(const compute::MatMulShape& shape, compute::Precision precision, const Element& first,
                    const Element& second) {
    using compute::Operand;
    using compute::Transpose;
    const std::size_t widest = std::max({shape.m, shape.n, shape.k});
    const std::size_t room = widest * core::row_stride(widest);
    const core::Buffer<Element> a(room, first);
    const core::Buffer<Element> b(room, second);
    core::Buffer<float> c(room);
    double best = never;
    for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
        for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
            const compute::MatMul product(
                shape, Operand{core::row_stride(turn_a == Transpose::yes ? shape.m : shape.k), turn_a},
                Operand{core::row_stride(turn_b == Transpose::yes ? shape.k : shape.n), turn_b},
                core::row_stride(shape.n), compute::Accumulate::no, precision);
            best = std::min(best, best_seconds(product.flops(), [&] { product(a.data(), b.data(), c.data()); }));
        }
    }
    return best;
}

/// Of one product in a step that multiplies in `precision` where it gains.
double best_seconds(const compute::MatMulShape& shape, compute::Precision precision) {
    using compute::Precision;
    const double wide = best_seconds(shape, Precision::f32, 0.5F, 0.25F);
    if (precision == Precision::f32) return wide;
    return std::min(wide, best_seconds(shape, Precision::bf16, compute::narrowed(0.5F), compute::narrowed(0.25F)));
}

class Collector {
public:
    Collector(const model::Network& network, std::size_t batch, compute::Precision precision)
        : batch_(batch), precision_(precision) {
        static_cast<void>(walk(network.items(), network.input()));
    }
    [[nodiscard]] const Kernels& kernels() const { return kernels_; }

private:
    core::Shape walk(const model::Items& items, core::Shape shape) {
        for (const model::Item& item : items) {
            if (item.name == "dense") add_dense(shape.elements(), static_cast<std::size_t>(item.arguments[0]));
            if (item.name == "conv") add_convolution(item, shape);
            if (const std::size_t gates = gates_of(item.name); gates > 0) add_recurrent(item, gates, shape);
            const auto times = item.name == "repeat" ? static_cast<std::size_t>(item.arguments[0]) : 1;
            model::Layout ignored;
            const core::Shape before = shape;
            shape = model::plan({item}, shape, ignored);
            core::Shape inner = before;
            for (std::size_t i = 0; i < times; ++i)
                for (const model::Items& branch : item.branches) inner = walk(branch, times > 1 ? inner : before);
        }
        return shape;
    }

    void add(double flops, double library_seconds, double own_seconds = never) {
        const double seconds = std::min(library_seconds, own_seconds);
        kernels_.flops += flops;
        kernels_.best_rate = std::max(kernels_.best_rate, flops / seconds);
        kernels_.best_seconds += seconds;
        kernels_.library_seconds += library_seconds;
        first_ = false;
    }

    void add_dense(std::size_t in, std::size_t out) {
        const bool first = first_;
        const double flops = 2.0 * static_cast<double>(batch_ * in * out);
        add(flops, product({batch_, out, in}));
        add(flops, product({in, out, batch_}));
        if (!first) add(flops, product({batch_, in, out}));
    }

    [[nodiscard]] double product(const compute::MatMulShape& shape) const { return best_seconds(shape, precision_); }

    [[nodiscard]] static std::size_t gates_of(const std::string& name) {
        return name == "rnn" ? 1 : name == "lstm" ? 4 : name == "gru" ? 3 : 0;
    }

    /// Step by step forward and backward; the gradient of the weights in one product over all steps.
    void add_recurrent(const model::Item& item, std::size_t gates, const core::Shape& input) {
        const bool first = first_;
        const auto units = static_cast<std::size_t>(item.arguments[0]);
        const std::size_t columns = gates * units;
        const auto add_side = [&](std::size_t in, std::size_t steps, bool has_input_gradient) {
            const auto times = static_cast<double>(steps);
            const double flops = 2.0 * times * static_cast<double>(batch_ * in * columns);
            add(flops, times * product({batch_, columns, in}));
            add(flops, product({in, columns, batch_ * steps}));
            if (has_input_gradient) add(flops, times * product({batch_, in, columns}));
        };
        add_side(units, input[0] - 1, true);  // from state to state
        add_side(input.elements() / input[0], input[0], !first);
    }

    void add_convolution(const model::Item& item, const core::Shape& input) {
        const bool first = first_;
        const auto argument = [&](std::size_t i) { return static_cast<std::size_t>(item.arguments[i]); };
        const bool valid = !item.words.empty() && item.words.front() == "valid";
        const compute::ConvolutionShape shape{
            .count = batch_,
            .height = input[0],
            .width = input[1],
            .channels_in = input.rank() == 2 ? 1 : input[2],
            .channels_out = argument(0),
            .window = compute::Window{.size = argument(1),
                                      .stride = item.arguments.size() > 2 ? argument(2) : 1,
                                      .padding = valid ? compute::Padding::valid : compute::Padding::same},
            .weight_stride = argument(0)};
        using compute::Precision;
        const auto derivatives = first ? compute::Derivatives::of_weights : compute::Derivatives::of_weights_and_input;
        const auto order = [&](Precision precision) { return compute::fastest_order(shape, derivatives, precision); };
        compute::Convolution library(shape, order(Precision::f32), derivatives, Precision::f32, nullptr,
                                     compute::Method::library);
        compute::Convolution own(shape, order(Precision::f32), derivatives);
        compute::Convolution narrow(shape, order(precision_), derivatives, precision_, nullptr,
                                    compute::Method::library);
        const std::size_t weights = shape.window.area() * shape.channels_in * shape.weight_stride;
        core::Buffer<float> x(order(precision_).in.elements(), 0.5F);
        core::Buffer<float> w(weights, 0.25F);
        core::Buffer<float> y(order(precision_).out.elements(), 0.5F);
        core::Buffer<float> bias(shape.channels_out);
        const double flops = library.flops();
        const auto add_direction = [&](auto run) {
            double seconds = best_seconds(flops, [&] { run(library); });
            if (precision_ != Precision::f32) seconds = std::min(seconds, best_seconds(flops, [&] { run(narrow); }));
            add(flops, seconds, best_seconds(flops, [&] { run(own); }));
        };
        add_direction([&](compute::Convolution& convolution) {
            convolution.set_weights(w.data());
            convolution.forward(x.data(), bias.data(), y.data());
        });
        add_direction([&](compute::Convolution& convolution) {
            convolution.backward_weights(x.data(), y.data(), w.data(), bias.data());
        });
        if (first) return;
        add_direction([&](compute::Convolution& convolution) { convolution.backward_input(y.data(), x.data()); });
    }

    std::size_t batch_;
    compute::Precision precision_;
    bool first_ = true;
    Kernels kernels_;
};

}  // namespace

Kernels kernels_of(const model::Network& network, std::size_t batch, compute::Precision precision) {
    return Collector(network, batch, precision).kernels();
}

}  // namespace ensemble::bench
