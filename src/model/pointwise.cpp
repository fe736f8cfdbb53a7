#include "model/pointwise.hpp"

#include <algorithm>
#include <utility>

#include "compute/elementwise.hpp"
#include "core/contract.hpp"

namespace ensemble::model {
namespace {

class Bias final : public Stage {
public:
    explicit Bias(const ParameterBlock& block) : block_(block) {}

    void forward(const float* parameters, Mode, std::size_t, std::span<float> x) override {
        compute::add({parameters + block_.offset, x.size()}, x.data());
    }

    void backward(std::size_t row, std::span<const float>, std::span<float> gradient, float* gradients) override {
        float* sum = gradients + block_.offset;
        if (row == 0) {
            std::copy(gradient.begin(), gradient.end(), sum);
        } else {
            compute::add(gradient, sum);
        }
    }

    void sum_columns(const compute::Rows& gradient, std::size_t begin, std::size_t end, float* gradients) override {
        for (std::size_t row = 0; row < gradient.count; ++row) {
            const std::span<const float> columns = gradient[row].subspan(begin, end - begin);
            float* sum = gradients + block_.offset + begin;
            if (row == 0) {
                std::copy(columns.begin(), columns.end(), sum);
            } else {
                compute::add(columns, sum);
            }
        }
    }

    [[nodiscard]] const ParameterBlock* parameters() const override { return &block_; }

private:
    ParameterBlock block_;
};

class Dropout final : public Stage {
public:
    Dropout(compute::DropoutRate rate, std::uint32_t first_random, const Tensor& tensor)
        : rate_(rate), first_random_(first_random), width_(tensor.width()), rows_(tensor.rows) {}

    void prepare() override { mask_.resize(rows_ * width_); }

    void begin(const Pass& pass) override {
        if (pass.mode == Mode::evaluate) return;
        if (pass.mode == Mode::evaluate_with_dropout) return begin_rows(pass.row_streams);
        core::require(pass.random.has_value(), "dropout draws its masks from a random stream");
        core::RandomStream random = *pass.random;
        random.seek(first_random_);
        compute::draw_mask(rate_, random, mask_);
    }

    void forward(const float*, Mode mode, std::size_t row, std::span<float> x) override {
        if (mode != Mode::evaluate) compute::apply_mask(rate_, mask_of(row), x);
    }

    void backward(std::size_t row, std::span<const float>, std::span<float> gradient, float*) override {
        compute::apply_mask(rate_, mask_of(row), gradient);
    }

private:
    void begin_rows(std::span<const core::RandomStream> randoms) {
        core::require(randoms.size() == rows_, "every row has masks of its own");
        for (std::size_t row = 0; row < rows_; ++row) {
            core::RandomStream random = randoms[row];
            random.seek(first_random_);
            compute::draw_mask(rate_, random, std::span(mask_).subspan(row * width_, width_));
        }
    }

    [[nodiscard]] std::span<const std::uint8_t> mask_of(std::size_t row) const {
        return std::span(mask_).subspan(row * width_, width_);
    }

    compute::DropoutRate rate_;
    std::uint32_t first_random_;
    std::size_t width_;
    std::size_t rows_;
    std::vector<std::uint8_t> mask_;
};

}  // namespace

class Pointwise::Activate final : public Stage {
public:
    Activate(compute::Activation activation, const Tensor& tensor)
        : activation_(activation),
          needs_(compute::derivative_needs(activation)),
          width_(tensor.width()),
          rows_(tensor.rows),
          has_gradient_(tensor.has_gradient()),
          keeps_(has_gradient_ && needs_ == compute::Needs::input) {}

    /// Keeps a copy of what the derivative needs, since the chain's final values will not tell it.
    void keep() { keeps_ = has_gradient_; }

    void prepare() override { kept_.resize(keeps_ ? rows_ * width_ : 0); }

    [[nodiscard]] compute::Needs needs() const noexcept { return needs_; }
    [[nodiscard]] compute::Activation activation() const noexcept { return activation_; }

    void forward(const float*, Mode mode, std::size_t row, std::span<float> x) override {
        const bool keeps = mode == Mode::train && keeps_;
        if (keeps && needs_ == compute::Needs::input) std::copy(x.begin(), x.end(), kept_of(row).begin());
        if (mode == Mode::train) {
            compute::activate(activation_, x);
        } else {
            compute::activate_anywhere(activation_, x);
        }
        if (keeps && needs_ != compute::Needs::input) std::copy(x.begin(), x.end(), kept_of(row).begin());
    }

    void backward(std::size_t row, std::span<const float> y, std::span<float> gradient, float*) override {
        compute::activate_backward(activation_, keeps_ ? kept_of(row) : y, gradient);
    }

private:
    [[nodiscard]] std::span<float> kept_of(std::size_t row) {
        return std::span<float>(kept_).subspan(row * width_, width_);
    }

    compute::Activation activation_;
    compute::Needs needs_;
    std::size_t width_;
    std::size_t rows_;
    bool has_gradient_;
    bool keeps_;
    core::Buffer<float> kept_;
};

Pointwise::Pointwise(Tensor& target, core::ThreadPool* pool) : pool_(pool), target_(target) {}

Pointwise::Pointwise(Tensor& source, compute::Accumulate store, Tensor& target, core::ThreadPool* pool)
    : pool_(pool), source_(&source), accumulate_(store), target_(target) {}

void Pointwise::add_bias(const ParameterBlock& block) {
    core::require(block.columns == target_.width(), "a bias is as wide as what it is added to");
    values_change(false);
    stages_.push_back(std::make_unique<Bias>(block));
}

void Pointwise::add_activation(compute::Activation activation) {
    values_change(false);
    auto stage = std::make_unique<Activate>(activation, target_);
    activations_.push_back(stage.get());
    stages_.push_back(std::move(stage));
}

void Pointwise::add_dropout(compute::DropoutRate rate, std::uint32_t first_random) {
    values_change(true);
    stages_.push_back(std::make_unique<Dropout>(rate, first_random, target_));
}

bool Pointwise::is_lone_relu() const noexcept {
    return source_ == nullptr && stages_.size() == 1 && activations_.size() == 1 &&
           activations_.front()->activation() == compute::Activation::relu;
}

std::size_t Pointwise::random_blocks(const Tensor& tensor) {
    return (tensor.rows * tensor.width() + 7) / 8 + 1;
}

void Pointwise::values_change(bool zeros_stop_gradient) {
    for (Activate* stage : activations_) {
        // Dropout changes no sign but to zero, and where it does the gradient that arrives is zero as well.
        if (stage->needs() == compute::Needs::sign && zeros_stop_gradient) continue;
        stage->keep();
    }
}

std::vector<const Tensor*> Pointwise::inputs() const {
    return {source_ != nullptr ? source_ : &target_};
}

namespace {

/// Rows of so many columns that are worth a thread: some 20 µs.
std::size_t least_rows(std::size_t width) {
    constexpr std::size_t least_elements = 32 * 1024;
    return least_elements / width + 1;
}

}  // namespace

void Pointwise::prepare() {
    for (const auto& stage : stages_) stage->prepare();
}

void Pointwise::forward(const float* parameters, const Pass& pass) {
    for (const auto& stage : stages_) stage->begin(pass);
    const compute::Rows target = target_.value_rows();
    core::parallel_for(pool_, target.count, least_rows(target.width), [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            const std::span<float> x = target[row];
            if (source_ != nullptr) {
                const std::span<float> from = source_->value_rows()[row];
                std::copy(from.begin(), from.end(), x.begin());
            }
            for (const auto& stage : stages_) stage->forward(parameters, pass.mode, row, x);
        }
    });
}

void Pointwise::backward_rows(std::size_t begin, std::size_t end, std::size_t first_stage, float* gradients) {
    const compute::Rows values = target_.value_rows();
    const compute::Rows target = target_.gradient_rows();
    for (std::size_t row = begin; row < end; ++row) {
        const std::span<float> gradient = target[row];
        for (std::size_t stage = stages_.size(); stage-- > first_stage;)
            stages_[stage]->backward(row, values[row], gradient, gradients);
        if (source_ != nullptr && source_->has_gradient())
            deliver(gradient, accumulate_, source_->gradient_rows()[row]);
    }
}

void Pointwise::backward(const float*, float* gradients, const GradientReady& ready) {
    const compute::Rows target = target_.gradient_rows();
    // Sums over rows are divided by columns, where the rows' gradients are complete before: at the end of the way back.
    const auto sums = [](const auto& stage) { return stage->parameters() != nullptr; };
    const bool sums_last = !stages_.empty() && sums(stages_.front());
    const bool is_shared =
        pool_ != nullptr && pool_->size() > 1 && std::ranges::count_if(stages_, sums) == (sums_last ? 1 : 0);
    if (is_shared) {
        core::parallel_for(pool_, target.count, least_rows(target.width), [&](std::size_t begin, std::size_t end) {
            backward_rows(begin, end, sums_last ? 1 : 0, gradients);
        });
        if (sums_last) {
            core::parallel_for(pool_, target.width, least_rows(target.count), [&](std::size_t begin, std::size_t end) {
                stages_.front()->sum_columns(target, begin, end, gradients);
            });
        }
    } else {
        backward_rows(0, target.count, 0, gradients);
    }
    for (const auto& stage : stages_) {
        if (const ParameterBlock* block = stage->parameters()) report(*block, ready);
    }
}

}  // namespace ensemble::model
