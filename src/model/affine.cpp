#include "model/affine.hpp"

#include <algorithm>

#include "compute/activation.hpp"
#include "compute/elementwise.hpp"
#include "compute/transpose.hpp"
#include "core/contract.hpp"

namespace ensemble::model {
namespace {

using compute::Accumulate;
using compute::MatMulShape;
using compute::Operand;
using compute::ParallelMatMul;
using compute::Precision;
using compute::Transpose;

/// Floats of dW computed before the optimiser gets them: 1 MiB, which it still finds in the second cache. Smaller
/// pieces multiply at a lower rate, larger ones fall out of the cache (measured with bench/step).
constexpr std::size_t panel_floats = 256 * 1024;

Operand plain(const Tensor& tensor, std::size_t steps) {
    return {tensor.stride / steps, Transpose::no};
}
Operand turned(const Tensor& tensor, std::size_t steps) {
    return {tensor.stride / steps, Transpose::yes};
}

void deliver_rows(const compute::Rows& from, const Value& to, core::Part part) {
    if (!to.tensor->has_gradient()) return;
    const compute::Rows rows = to.tensor->gradient_rows();
    for (std::size_t row = part.begin; row < part.end; ++row) deliver(from[row], to.gradient, rows[row]);
}

}  // namespace

Linear::Linear(Tensor& input, Accumulate accumulate, Tensor& output, const ParameterBlock& weight, Precision precision,
               std::size_t steps, core::ThreadPool* pool, Gaps gaps)
    : pool_(pool),
      input_(input),
      accumulate_(accumulate),
      output_(output),
      weight_(weight),
      precision_(compute::layer_precision(precision, weight.rows, weight.columns)),
      steps_(steps),
      // Rows of y and dy have to be as wide as those of W, padding included.
      without_gaps_(gaps == Gaps::none && precision_ == Precision::bf16 && output.stride == steps * weight.stride) {
    core::require(weight.rows * steps == input.width() && weight.columns * steps == output.width(),
                  "weights fit what they connect");
}

void Linear::prepare() {
    const std::size_t rows = input_.rows * steps_;
    const std::size_t columns = without_gaps_ ? weight_.stride : weight_.columns;
    const Operand x = without_gaps_ ? Operand{weight_.rows, Transpose::no} : plain(input_, steps_);
    const Operand turned_x = without_gaps_ ? Operand{rows, Transpose::no} : turned(input_, steps_);
    forward_.emplace(pool_, MatMulShape{rows, columns, weight_.rows}, x, Operand{weight_.stride, Transpose::no},
                     output_.stride / steps_, Accumulate::no, precision_);
    if (precision_ == Precision::bf16) {
        narrow_.emplace(Narrow{});
        narrow_->input.resize(input_.size());
        if (without_gaps_ && output_.has_gradient()) narrow_->turned.resize(weight_.rows * rows);
        narrow_->output_gradient.resize(output_.size());
    }
    if (!output_.has_gradient()) return;
    if (input_.has_gradient()) {
        input_gradient_.emplace(pool_, MatMulShape{rows, weight_.rows, columns}, plain(output_, steps_),
                                Operand{weight_.stride, Transpose::yes}, input_.stride / steps_, accumulate_,
                                precision_);
    }
    const std::size_t height =
        std::min(std::max<std::size_t>(panel_floats / weight_.stride / 16 * 16, 16), weight_.rows);
    panel_products_.reserve(2);
    const auto product = [&](std::size_t count) {
        panel_products_.emplace_back(pool_, MatMulShape{count, columns, rows}, turned_x, plain(output_, steps_),
                                     weight_.stride, Accumulate::no, precision_, ParallelMatMul::Along::rows);
        return &panel_products_.back();
    };
    const ParallelMatMul* whole = product(height);
    for (std::size_t first = 0; first < weight_.rows; first += height) {
        const std::size_t count = std::min(height, weight_.rows - first);
        panels_.push_back({first, count, count == height ? whole : product(count)});
    }
}

std::vector<const Tensor*> Linear::inputs() const {
    return {&input_};
}

void Linear::narrow_input() {
    if (!without_gaps_) return compute::narrow(input_.values, narrow_->input);
    const std::size_t rows = input_.rows * steps_;
    const std::size_t width = weight_.rows;
    const std::size_t stride = input_.stride / steps_;
    for (std::size_t row = 0; row < rows; ++row) {
        compute::narrow(std::span(input_.values).subspan(row * stride, width),
                        std::span(narrow_->input).subspan(row * width, width));
    }
    if (!narrow_->turned.empty()) {
        compute::transpose(narrow_->input.data(), width, rows, width, narrow_->turned.data(), rows);
    }
}

void Linear::narrow_factors(const float* weight, const Pass& pass) {
    narrow_input();
    if (pass.narrow_parameters != nullptr) {
        narrow_->weight = pass.narrow_parameters + weight_.offset;
        return;
    }
    narrow_->own_weight.resize(weight_.size());
    compute::narrow({weight, weight_.size()}, narrow_->own_weight);
    narrow_->weight = narrow_->own_weight.data();
}

void Linear::forward(const float* parameters, const Pass& pass) {
    const float* weight = parameters + weight_.offset;
    if (!narrow_) return (*forward_)(input_.values.data(), weight, output_.values.data());
    narrow_factors(weight, pass);
    (*forward_)(narrow_->input.data(), narrow_->weight, output_.values.data());
}

void Linear::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    if (!narrow_) {
        return multiply_backward<float>(input_.values.data(), parameters + weight_.offset, output_.gradients.data(),
                                        gradients, ready);
    }
    compute::narrow(output_.gradients, narrow_->output_gradient);
    multiply_backward<compute::Bfloat16>(without_gaps_ ? narrow_->turned.data() : narrow_->input.data(),
                                         narrow_->weight, narrow_->output_gradient.data(), gradients, ready);
}

template <class Element>
void Linear::multiply_backward(const Element* x, const Element* w, const Element* dy, float* gradients,
                               const GradientReady& ready) {
    if (input_gradient_) (*input_gradient_)(dy, w, input_.gradients.data());
    // Everyone goes through the rows that are its own, and hands them on while it has them in its cache.
    const auto part = [&](std::size_t who) {
        for (const Panel& panel : panels_) {
            const core::Part rows = panel.product->rows_of(who);
            if (rows.begin == rows.end) continue;
            const std::size_t begin = weight_.offset + panel.first * weight_.stride;
            const std::size_t first = without_gaps_ ? panel.first * input_.rows * steps_ : panel.first;
            panel.product->run(who, x + first, dy, gradients + begin);
            ready(weight_, begin + rows.begin * weight_.stride, begin + rows.end * weight_.stride);
        }
    };
    const bool is_shared = std::ranges::any_of(panels_, [](const Panel& panel) { return panel.product->is_divided(); });
    if (is_shared) return pool_->run(part);
    part(0);
}

Sum::Sum(const Value& a, const Value& b, Tensor& output) : RowOperation(output), a_(a), b_(b), output_(output) {
    core::require(a.tensor->shape.elements() == b.tensor->shape.elements(), "a sum's terms are of one size");
}

void Sum::forward_rows(const float*, const Pass&, core::Part rows) {
    const compute::Rows a = a_.tensor->value_rows();
    const compute::Rows b = b_.tensor->value_rows();
    const compute::Rows y = output_.value_rows();
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        compute::sum(a[row], b[row].data(), y[row].data());
    }
}

std::vector<const Tensor*> Sum::inputs() const {
    return {a_.tensor, b_.tensor};
}

AddTo::AddTo(Tensor& a, const Value& b) : RowOperation(a), a_(a), b_(b) {
    core::require(a.width() == b.tensor->width(), "a sum's terms are of one size");
}

void AddTo::forward_rows(const float*, const Pass&, core::Part rows) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const std::span<const float> b = b_.tensor->value_rows()[row];
        const std::span<float> a = a_.value_rows()[row];
        if (!rectifies_) {
            deliver(b, Accumulate::yes, a);
            continue;
        }
        compute::add_and_rectify(b, a.data());
    }
}

std::vector<const Tensor*> AddTo::inputs() const {
    return {&a_, b_.tensor};
}

bool AddTo::fuse_relu(const Tensor& value) {
    if (&value != &a_ || rectifies_) return false;
    rectifies_ = true;
    return true;
}

void AddTo::backward_rows(const float*, float*, const GradientReady&, core::Part rows) {
    if (rectifies_) {
        for (std::size_t row = rows.begin; row < rows.end; ++row)
            compute::activate_backward(compute::Activation::relu, a_.value_rows()[row], a_.gradient_rows()[row]);
    }
    deliver_rows(a_.gradient_rows(), b_, rows);
}

Flatten::Flatten(Tensor& input, Accumulate accumulate, Tensor& output)
    : input_{.tensor = &input, .gradient = accumulate}, output_(output) {}

std::vector<const Tensor*> Flatten::inputs() const {
    return {input_.tensor};
}

void Flatten::forward(const float*, const Pass&) {
    for (std::size_t row = 0; row < output_.rows; ++row)
        deliver(input_.tensor->value_rows()[row], Accumulate::no, output_.value_rows()[row]);
}

void Flatten::backward(const float*, float*, const GradientReady&) {
    deliver_rows(output_.gradient_rows(), input_, {0, output_.rows});
}

void Sum::backward_rows(const float*, float*, const GradientReady&, core::Part rows) {
    // The term that was compiled later is delivered first: if both are one tensor, it replaces and the other adds.
    deliver_rows(output_.gradient_rows(), b_, rows);
    deliver_rows(output_.gradient_rows(), a_, rows);
}

}  // namespace ensemble::model
