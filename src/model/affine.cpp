#include "model/affine.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace model {
namespace {

using compute::Factor;
using compute::Product;
using compute::ProductShape;
using compute::Store;
using compute::Transpose;

/// Floats of dW computed before the optimiser gets them: 1 MiB, which it still finds in the second cache. Smaller
/// pieces multiply at a lower rate, larger ones fall out of the cache (measured with bench/step).
constexpr std::size_t panel_floats = 256 * 1024;

Factor plain(const Tensor& tensor, std::size_t steps) {
    return {tensor.stride / steps, Transpose::no};
}
Factor turned(const Tensor& tensor, std::size_t steps) {
    return {tensor.stride / steps, Transpose::yes};
}

Product forward_product(const Tensor& input, const Tensor& output, const ParameterBlock& weight, std::size_t steps) {
    return {ProductShape{input.rows * steps, weight.columns, weight.rows}, plain(input, steps),
            Factor{weight.stride, Transpose::no}, output.stride / steps, Store::replace};
}

void deliver_rows(const compute::Rows& from, const Value& to) {
    if (!to.tensor->has_gradient()) return;
    const compute::Rows rows = to.tensor->gradient_rows();
    for (std::size_t row = 0; row < rows.count; ++row) deliver(from[row], to.gradient, rows[row]);
}

}  // namespace

Linear::Linear(Tensor& input, Store store, Tensor& output, const ParameterBlock& weight, std::size_t steps)
    : input_(input), output_(output), weight_(weight), forward_(forward_product(input, output, weight, steps)) {
    core::require(weight.rows * steps == input.width() && weight.columns * steps == output.width(),
                  "weights fit what they connect");
    if (!output.has_gradient()) return;
    if (input.has_gradient()) {
        input_gradient_.emplace(ProductShape{input.rows * steps, weight.rows, weight.columns}, plain(output, steps),
                                Factor{weight.stride, Transpose::yes}, input.stride / steps, store);
    }
    const std::size_t height = std::clamp<std::size_t>(panel_floats / weight.stride / 16 * 16, 16, weight.rows);
    panel_products_.reserve(2);
    const auto product = [&](std::size_t count) {
        panel_products_.emplace_back(ProductShape{count, weight.columns, input.rows * steps}, turned(input, steps),
                                     plain(output, steps), weight.stride, Store::replace);
        return &panel_products_.back();
    };
    const Product* whole = product(height);
    for (std::size_t first = 0; first < weight.rows; first += height) {
        const std::size_t count = std::min(height, weight.rows - first);
        panels_.push_back({first, count, count == height ? whole : product(count)});
    }
}

void Linear::forward(const float* parameters, const Pass&) {
    forward_(input_.values.data(), parameters + weight_.offset, output_.values.data());
}

void Linear::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    if (input_gradient_) {
        (*input_gradient_)(output_.gradients.data(), parameters + weight_.offset, input_.gradients.data());
    }
    for (const Panel& panel : panels_) {
        const std::size_t begin = weight_.offset + panel.first * weight_.stride;
        (*panel.product)(input_.values.data() + panel.first, output_.gradients.data(), gradients + begin);
        ready(weight_, begin, begin + panel.count * weight_.stride);
    }
}

Sum::Sum(const Value& a, const Value& b, Tensor& output) : a_(a), b_(b), output_(output) {
    core::require(a.tensor->shape.elements() == b.tensor->shape.elements(), "a sum's terms are of one size");
}

void Sum::forward(const float*, const Pass&) {
    const compute::Rows a = a_.tensor->value_rows();
    const compute::Rows b = b_.tensor->value_rows();
    const compute::Rows y = output_.value_rows();
    for (std::size_t row = 0; row < y.count; ++row) {
        const std::span<const float> left = a[row];
        const std::span<const float> right = b[row];
        const std::span<float> sum = y[row];
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = left[i] + right[i];
    }
}

AddTo::AddTo(Tensor& a, const Value& b) : a_(a), b_(b) {
    core::require(a.width() == b.tensor->width(), "a sum's terms are of one size");
}

void AddTo::forward(const float*, const Pass&) {
    for (std::size_t row = 0; row < a_.rows; ++row)
        deliver(b_.tensor->value_rows()[row], Store::add, a_.value_rows()[row]);
}

void AddTo::backward(const float*, float*, const GradientReady&) {
    deliver_rows(a_.gradient_rows(), b_);
}

Flatten::Flatten(Tensor& input, Store store, Tensor& output)
    : input_{.tensor = &input, .gradient = store}, output_(output) {}

void Flatten::forward(const float*, const Pass&) {
    for (std::size_t row = 0; row < output_.rows; ++row)
        deliver(input_.tensor->value_rows()[row], Store::replace, output_.value_rows()[row]);
}

void Flatten::backward(const float*, float*, const GradientReady&) {
    deliver_rows(output_.gradient_rows(), input_);
}

void Sum::backward(const float*, float*, const GradientReady&) {
    // The term that was compiled later is delivered first: if both are one tensor, it replaces and the other adds.
    deliver_rows(output_.gradient_rows(), b_);
    deliver_rows(output_.gradient_rows(), a_);
}

}  // namespace model
