#include "model/recurrent.hpp"

#include <algorithm>
#include <utility>

#include "compute/transpose.hpp"
#include "core/contract.hpp"

namespace ensemble::model {
namespace {

using compute::Accumulate;
using compute::Bfloat16;
using compute::Cell;
using compute::MatMul;
using compute::MatMulShape;
using compute::Operand;
using compute::Rows;
using compute::Transpose;

std::size_t features_of(const core::Shape& sequence) {
    return sequence.elements() / sequence[0];
}

}  // namespace

Recurrent::Buffers Recurrent::make_buffers(Cell cell, const core::Shape& input, std::size_t units, Compiler& compiler) {
    const auto make = [&](std::size_t steps, std::size_t width) -> Tensor& {
        return compiler.tensor({steps, core::row_stride(width)}, Compiler::Gradient::none);
    };
    const std::size_t steps = input[0];
    return {.states = make(steps + 1, units + features_of(input)),
            .gates = make(compiler.has_gradients() ? steps : 1, compute::gates_of(cell) * units),
            .cells = make(cell == Cell::lstm ? steps + 1 : 1, units)};
}

Recurrent::Recurrent(Cell cell, const Value& input, Leaves leaves, Tensor& output, Buffers buffers,
                     RecurrentParameters parameters, compute::Precision precision, core::ThreadPool* pool)
    : cell_(cell),
      input_(input),
      leaves_(leaves),
      output_(output),
      buffers_(buffers),
      parameters_(std::move(parameters)),
      steps_(input.tensor->shape[0]),
      rows_(input.tensor->rows),
      features_(features_of(input.tensor->shape)),
      units_(parameters_.recurrent.rows),
      from_x_{0, parameters_.weight.columns},
      from_h_{cell == Cell::gru ? units_ : 0, parameters_.recurrent.columns},
      state_stride_(buffers.states.shape[1]),
      gate_stride_(buffers.gates.shape[1]),
      unit_stride_(core::row_stride(units_)),
      precision_(compute::layer_precision(precision, features_ + units_, from_h_.count)),
      pool_(pool) {
    core::require(parameters_.weight.rows == features_, "weights fit what they connect");
    core::require(parameters_.weight.offset == parameters_.recurrent.offset + parameters_.recurrent.size() &&
                      parameters_.weight.stride == parameters_.recurrent.stride,
                  "the rows of h and x lie one behind the other");
}

void Recurrent::prepare() {
    make_products(pool_);
    bias_.resize(compute::gates_of(cell_) * units_);
    if (output_.has_gradient()) turned_.resize(from_h_.count * unit_stride_);
    if (precision_ == compute::Precision::bf16) make_narrow();
    if (!output_.has_gradient()) return;
    bias_gradient_.resize(bias_.size());
    dh_.resize(rows_ * unit_stride_);
    dc_.resize(cell_ == Cell::lstm ? dh_.size() : 0);
    if (input_.tensor->has_gradient()) dx_.resize(steps_ * rows_ * features_);
}

void Recurrent::make_narrow() {
    narrow_.emplace(Narrow{});
    narrow_->states.resize(buffers_.states.size());
    if (!output_.has_gradient()) return;
    narrow_->gates.resize(buffers_.gates.size());
    narrow_->turned.resize(turned_.size());
}

void Recurrent::make_products(core::ThreadPool* pool) {
    const Operand state{state_stride_, Transpose::no};
    const Operand turned_state{state_stride_, Transpose::yes};
    const Operand gate{gate_stride_, Transpose::no};
    const Operand weight{parameters_.weight.stride, Transpose::no};
    // Of gru, x and h have columns of their own, and m would be multiplied in vain if both were one product.
    const bool together = cell_ != Cell::gru;
    x_product_.emplace(pool, MatMulShape{rows_, from_x_.count, features_}, state, weight, gate_stride_, Accumulate::no,
                       precision_);
    if (steps_ > 1) {
        h_product_.emplace(pool, MatMulShape{rows_, from_h_.count, together ? units_ + features_ : units_}, state,
                           weight, gate_stride_, together ? Accumulate::no : Accumulate::yes, precision_);
    }
    if (!output_.has_gradient()) return;
    const std::size_t all = steps_ * rows_;
    weight_gradient_.emplace(pool, MatMulShape{features_, from_x_.count, all}, turned_state, gate,
                             parameters_.weight.stride, Accumulate::no, precision_);
    if (steps_ > 1) {
        recurrent_gradient_.emplace(pool, MatMulShape{units_, from_h_.count, all - rows_}, turned_state, gate,
                                    parameters_.recurrent.stride, Accumulate::no, precision_);
        dh_product_.emplace(pool, MatMulShape{rows_, units_, from_h_.count}, gate, Operand{unit_stride_, Transpose::no},
                            unit_stride_, together ? Accumulate::no : Accumulate::yes, precision_);
    }
    if (input_.tensor->has_gradient()) {
        dx_product_.emplace(pool, MatMulShape{all, features_, from_x_.count}, gate,
                            Operand{parameters_.weight.stride, Transpose::yes}, features_, Accumulate::no, precision_);
    }
}

float* Recurrent::state(std::size_t t) const {
    return buffers_.states.values.data() + t * rows_ * state_stride_;
}

float* Recurrent::gates(std::size_t t) const {
    return buffers_.gates.values.data() + (output_.has_gradient() ? t * rows_ * gate_stride_ : 0);
}

compute::CellStep Recurrent::step(std::size_t t) const {
    const auto cell = [&](std::size_t at) -> Rows {
        if (cell_ != Cell::lstm) return {};
        return {buffers_.cells.values.data() + at * rows_ * unit_stride_, rows_, units_, unit_stride_};
    };
    return {.gates = {gates(t), rows_, bias_.size(), gate_stride_},
            .before = {state(t), rows_, units_, state_stride_},
            .after = {state(t + 1), rows_, units_, state_stride_},
            .cell_before = cell(t),
            .cell_after = cell(t + 1)};
}

void Recurrent::read_input() const {
    for (std::size_t row = 0; row < rows_; ++row) {
        const float* x = input_.tensor->values.data() + row * input_.tensor->stride;
        for (std::size_t t = 0; t < steps_; ++t, x += features_)
            std::copy_n(x, features_, state(t) + row * state_stride_ + units_);
    }
}

/// That count. Those behind, up to the end of the longest row, are computed as the others, since rows know nothing of
/// each other, but nobody reads them, and no gradient comes from there.
std::size_t Recurrent::steps_of(std::size_t row) const {
    const auto ends = input_.tensor->steps();
    return ends.empty() ? steps_ : ends[row];
}

/// Of any row of the batch: no more are computed.
std::size_t Recurrent::most_steps() const {
    const auto ends = input_.tensor->steps();
    return ends.empty() ? steps_ : std::max<std::size_t>(std::ranges::max(ends), 1);
}

void Recurrent::write_output() const {
    for (std::size_t row = 0; row < rows_; ++row) {
        float* y = output_.values.data() + row * output_.stride;
        if (leaves_ == Leaves::last) {
            std::copy_n(state(steps_of(row)) + row * state_stride_, units_, y);
            continue;
        }
        for (std::size_t t = 1; t <= steps_; ++t, y += units_) std::copy_n(state(t) + row * state_stride_, units_, y);
    }
}

void Recurrent::gather_bias(const float* parameters) {
    auto to = bias_.begin();
    for (const ParameterBlock& block : parameters_.bias) to = std::copy_n(parameters + block.offset, block.columns, to);
}

std::vector<const Tensor*> Recurrent::inputs() const {
    return {input_.tensor};
}

auto Recurrent::wide_factors(const float* parameters) const -> Factors<float> {
    return {.states = buffers_.states.values.data(),
            .gates = buffers_.gates.values.data(),
            .recurrent = parameters + parameters_.recurrent.offset,
            .weight = parameters + parameters_.weight.offset,
            .turned = turned_.data()};
}

auto Recurrent::narrow_factors() const -> Factors<Bfloat16> {
    return {.states = narrow_->states.data(),
            .gates = narrow_->gates.data(),
            .recurrent = narrow_->weight,
            .weight = narrow_->weight + parameters_.recurrent.size(),
            .turned = narrow_->turned.data()};
}

void Recurrent::narrow_weights(const float* parameters, const Pass& pass) {
    const std::size_t first = parameters_.recurrent.offset;
    if (pass.narrow_parameters != nullptr) {
        narrow_->weight = pass.narrow_parameters + first;
        return;
    }
    const std::size_t size = parameters_.recurrent.size() + parameters_.weight.size();
    narrow_->own_weight.resize(size);
    compute::narrow({parameters + first, size}, narrow_->own_weight);
    narrow_->weight = narrow_->own_weight.data();
}

/// h(t) and x(t+1), where products multiply in bf16.
void Recurrent::narrow_state(std::size_t t) {
    if (!narrow_) return;
    const std::size_t size = rows_ * state_stride_;
    compute::narrow({state(t), size}, std::span(narrow_->states).subspan(t * size, size));
}

/// The gradients of the gates of steps [begin, end), likewise.
void Recurrent::narrow_gates(std::size_t begin, std::size_t end) {
    if (!narrow_) return;
    const std::size_t size = (end - begin) * rows_ * gate_stride_;
    compute::narrow({gates(begin), size}, std::span(narrow_->gates).subspan(begin * rows_ * gate_stride_, size));
}

void Recurrent::forward(const float* parameters, const Pass& pass) {
    gather_bias(parameters);
    read_input();
    if (narrow_) {
        narrow_weights(parameters, pass);
        run_forward(narrow_factors());
    } else {
        run_forward(wide_factors(parameters));
    }
    write_output();
}

template <class Element>
void Recurrent::run_forward(const Factors<Element>& factors) {
    const std::size_t steps = most_steps();
    for (std::size_t t = 0; t < steps; ++t) {
        narrow_state(t);
        const compute::CellStep now = step(t);
        const Element* before = factors.states + t * rows_ * state_stride_;
        if (t == 0 || cell_ == Cell::gru) (*x_product_)(before + units_, factors.weight, gates(t));
        if (cell_ == Cell::gru) {
            for (std::size_t row = 0; row < rows_; ++row) {
                const auto memory = now.gates[row].last(units_);
                std::fill(memory.begin(), memory.end(), 0.0F);
            }
        }
        if (t > 0) (*h_product_)(before, factors.recurrent, gates(t) + from_h_.first);
        compute::cell_forward(cell_, bias_.data(), now);
    }
}

void Recurrent::add_output_gradient(std::size_t t, Accumulate accumulate) {
    if (t + 1 < steps_ && leaves_ == Leaves::last && input_.tensor->ends == nullptr) return;
    const std::size_t at = leaves_ == Leaves::last ? 0 : t * units_;
    const Rows dh{dh_.data(), rows_, units_, unit_stride_};
    for (std::size_t row = 0; row < rows_; ++row) {
        const std::size_t steps = steps_of(row);
        if (leaves_ == Leaves::last ? t + 1 == steps : t < steps) {
            deliver({output_.gradients.data() + row * output_.stride + at, units_}, accumulate, dh[row]);
        } else if (accumulate == Accumulate::no) {
            std::ranges::fill(dh[row], 0.0F);
        }
    }
}

void Recurrent::transpose_recurrent(const float* parameters) {
    const ParameterBlock& block = parameters_.recurrent;
    compute::transpose(parameters + block.offset, block.stride, units_, block.columns, turned_.data(), unit_stride_);
}

void Recurrent::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    transpose_recurrent(parameters);
    if (narrow_) {
        compute::narrow(turned_, narrow_->turned);
        run_backward(narrow_factors(), gradients);
    } else {
        run_backward(wide_factors(parameters), gradients);
    }
    write_bias_gradient(gradients);
    report(parameters_.recurrent, ready);
    report(parameters_.weight, ready);
    for (const ParameterBlock& block : parameters_.bias) report(block, ready);
}

template <class Element>
void Recurrent::run_backward(const Factors<Element>& factors, float* gradients) {
    std::ranges::fill(bias_gradient_, 0.0F);
    std::ranges::fill(dc_, 0.0F);
    const Rows dh{dh_.data(), rows_, units_, unit_stride_};
    const Rows dc{dc_.data(), rows_, units_, unit_stride_};
    const std::size_t steps = most_steps();
    const std::size_t gates_of_step = rows_ * gate_stride_;
    // What no row has takes no part in the gradient of the weights, which is one product over all steps.
    std::fill(gates(steps), gates(steps_), 0.0F);
    narrow_gates(steps, steps_);
    for (std::size_t t = steps; t-- > 0;) {
        const bool is_last = t + 1 == steps;
        if (!is_last)
            (*dh_product_)(factors.gates + (t + 1) * gates_of_step + from_h_.first, factors.turned, dh_.data());
        add_output_gradient(t, is_last ? Accumulate::no : Accumulate::yes);
        const compute::CellStep now = step(t);
        compute::cell_backward(cell_, now, dh, dc);
        for (std::size_t row = 0; row < rows_; ++row) deliver(now.gates[row], Accumulate::yes, bias_gradient_);
        narrow_gates(t, t + 1);
    }
    if (dx_product_) {
        (*dx_product_)(factors.gates, factors.weight, dx_.data());
        deliver_input_gradient();
    }
    float* recurrent = gradients + parameters_.recurrent.offset;
    if (recurrent_gradient_) {
        (*recurrent_gradient_)(factors.states + rows_ * state_stride_, factors.gates + gates_of_step + from_h_.first,
                               recurrent);
    } else {
        std::fill_n(recurrent, parameters_.recurrent.size(), 0.0F);
    }
    (*weight_gradient_)(factors.states + units_, factors.gates, gradients + parameters_.weight.offset);
}

void Recurrent::deliver_input_gradient() {
    for (std::size_t row = 0; row < rows_; ++row) {
        float* to = input_.tensor->gradients.data() + row * input_.tensor->stride;
        for (std::size_t t = 0; t < steps_; ++t, to += features_)
            deliver({dx_.data() + (t * rows_ + row) * features_, features_}, input_.gradient, {to, features_});
    }
}

void Recurrent::write_bias_gradient(float* gradients) const {
    const float* from = bias_gradient_.data();
    for (const ParameterBlock& block : parameters_.bias) {
        std::copy_n(from, block.columns, gradients + block.offset);
        from += block.columns;
    }
}

}  // namespace ensemble::model
