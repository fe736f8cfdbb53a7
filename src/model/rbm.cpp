#include "model/rbm.hpp"

#include <algorithm>

#include "compute/activation.hpp"
#include "compute/elementwise.hpp"
#include "compute/update.hpp"
#include "core/contract.hpp"

namespace ensemble::model {
namespace {

using compute::Accumulate;
using compute::MatMul;
using compute::MatMulShape;
using compute::Operand;
using compute::Transpose;

/// row ← σ(row + bias)
void activate(const float* bias, std::span<float> row) {
    compute::add({bias, row.size()}, row.data());
    compute::activate(compute::Activation::sigmoid, row);
}

/// Δ ← μ·Δ + rate·(g/count − decay·w);  w ← w + Δ
void change(std::span<float> values, std::span<float> changes, std::span<const float> gradient, std::size_t count,
            const DivergenceStep& step, double weight_decay) {
    const auto rate = static_cast<float>(step.learning_rate);
    const auto share = static_cast<float>(step.learning_rate / static_cast<double>(count));
    compute::update_ascending(
        {.parameters = values, .gradients = gradient, .first_moment = changes, .second_moment = {}}, share,
        rate * static_cast<float>(weight_decay), static_cast<float>(step.momentum));
}

}  // namespace

Rbm::Rbm(std::size_t rows, std::size_t visible, std::size_t hidden)
    : rows_(rows),
      width_(visible),
      stride_(core::row_stride(visible)),
      hidden_width_(hidden),
      hidden_stride_(core::row_stride(hidden)),
      weights_(visible * hidden_stride_, 0.0F),
      hidden_bias_(hidden, 0.0F),
      visible_bias_(visible, 0.0F),
      weight_change_(weights_.size(), 0.0F),
      hidden_bias_change_(hidden, 0.0F),
      visible_bias_change_(visible, 0.0F),
      visible_(2 * rows * stride_, 0.0F),
      hidden_(2 * rows * hidden_stride_, 0.0F),
      samples_(rows * hidden_stride_, 0.0F),
      gradient_(weights_.size(), 0.0F),
      words_(rows * hidden_stride_),
      up_(MatMulShape{rows, hidden, visible}, Operand{stride_, Transpose::no}, Operand{hidden_stride_, Transpose::no},
          hidden_stride_, Accumulate::no),
      down_(MatMulShape{rows, visible, hidden}, Operand{hidden_stride_, Transpose::no},
            Operand{hidden_stride_, Transpose::yes}, stride_, Accumulate::no),
      outer_(MatMulShape{visible, hidden, 2 * rows}, Operand{stride_, Transpose::yes},
             Operand{hidden_stride_, Transpose::no}, hidden_stride_, Accumulate::no) {}

double Rbm::learn(std::size_t count, const DivergenceStep& step, core::RandomStream& random) {
    core::require(count > 0 && count <= rows_, "a batch has rows, and no more than there is room for");
    core::require(step.gibbs_steps > 0, "a reconstruction takes at least one step");
    float* reconstruction = visible_.data() + rows_ * stride_;
    float* hidden_of_reconstruction = hidden_.data() + rows_ * hidden_stride_;
    up(visible_.data(), hidden_.data());
    const float* latest = hidden_.data();
    for (std::size_t k = 0; k < step.gibbs_steps; ++k) {
        sample(latest, random);
        down(reconstruction);
        up(reconstruction, hidden_of_reconstruction);
        latest = hidden_of_reconstruction;
    }
    drop_rest(count);
    const double error = reconstruction_error(count);
    descend(count, step);
    return error;
}

void Rbm::up(const float* visible, float* hidden) const {
    up_(visible, weights_.data(), hidden);
    for (std::size_t row = 0; row < rows_; ++row) {
        activate(hidden_bias_.data(), {hidden + row * hidden_stride_, hidden_width_});
    }
}

void Rbm::down(float* visible) const {
    down_(samples_.data(), weights_.data(), visible);
    for (std::size_t row = 0; row < rows_; ++row) {
        activate(visible_bias_.data(), {visible + row * stride_, width_});
    }
}

void Rbm::sample(const float* hidden, core::RandomStream& random) {
    random.fill(words_);
    float* __restrict out = samples_.data();
    const float* __restrict p = hidden;
    const std::uint32_t* __restrict words = words_.data();
    for (std::size_t i = 0; i < samples_.size(); ++i) {
        const auto uniform = static_cast<float>(words[i] >> 8U) * 0x1p-24F;  // in [0, 1)
        out[i] = uniform < p[i] ? 1.0F : 0.0F;
    }
}

/// Rows behind the batch count for nothing; those of the reconstruction count against those of the data.
void Rbm::drop_rest(std::size_t count) {
    const auto row = [&](std::size_t index) {
        return hidden_.begin() + static_cast<std::ptrdiff_t>(index * hidden_stride_);
    };
    std::fill(row(count), row(rows_), 0.0F);
    std::fill(row(rows_ + count), row(2 * rows_), 0.0F);
    std::for_each(row(rows_), row(rows_ + count), [](float& value) { value = -value; });
}

void Rbm::descend(std::size_t count, const DivergenceStep& step) {
    outer_(visible_.data(), hidden_.data(), gradient_.data());
    change(weights_, weight_change_, gradient_, count, step, step.weight_decay);

    const std::span<float> hidden_sum(gradient_.data(), hidden_width_);
    std::ranges::fill(hidden_sum, 0.0F);
    for (std::size_t row = 0; row < 2 * rows_; ++row) {
        const float* h = hidden_.data() + row * hidden_stride_;
        compute::add({h, hidden_width_}, hidden_sum.data());
    }
    change(hidden_bias_, hidden_bias_change_, hidden_sum, count, step, 0);

    // The reconstruction's rows are not needed any more: they become the differences.
    float* sum = visible_.data() + rows_ * stride_;
    for (std::size_t row = 0; row < count; ++row) {
        const float* data = visible_.data() + row * stride_;
        float* difference = visible_.data() + (rows_ + row) * stride_;
        compute::subtract_from({data, width_}, difference);
        if (row == 0) continue;
        compute::add({difference, width_}, sum);
    }
    change(visible_bias_, visible_bias_change_, {sum, width_}, count, step, 0);
}

double Rbm::reconstruction_error(std::size_t count) const {
    double sum = 0;
    for (std::size_t row = 0; row < count; ++row) {
        const float* data = visible_.data() + row * stride_;
        const float* reconstruction = visible_.data() + (rows_ + row) * stride_;
        sum += compute::squared_distance({data, width_}, reconstruction);
    }
    return sum / static_cast<double>(width_);
}

}  // namespace ensemble::model
