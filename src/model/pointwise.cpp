#include "model/pointwise.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "compute/elementwise.hpp"
#include "core/contract.hpp"

namespace ensemble::model {
namespace {

class Bias final : public Stage {
public:
    explicit Bias(const ParameterBlock& block) : block_(block) {}

    void forward(const float* parameters, Mode, std::size_t, const compute::Rows& x) override {
        compute::add_to_rows({parameters + block_.offset, x.width}, x);
    }

    void sum_columns(std::size_t first, const compute::Rows& gradient, std::size_t begin, std::size_t end,
                     float* gradients) override {
        compute::add_up_rows(gradient.columns(begin, end),
                             first == 0 ? compute::Accumulate::no : compute::Accumulate::yes,
                             {gradients + block_.offset + begin, end - begin});
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

    void forward(const float*, Mode mode, std::size_t first, const compute::Rows& x) override {
        if (mode != Mode::evaluate) compute::apply_mask(rate_, mask_of(first, x.count), x);
    }

    void backward(std::size_t first, const compute::Rows&, const compute::Rows& gradient) override {
        compute::apply_mask(rate_, mask_of(first, gradient.count), gradient);
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

    [[nodiscard]] std::span<const std::uint8_t> mask_of(std::size_t first, std::size_t count) const {
        return std::span(mask_).subspan(first * width_, count * width_);
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

    void forward(const float*, Mode mode, std::size_t first, const compute::Rows& x) override {
        const bool keeps = mode == Mode::train && keeps_;
        if (keeps && needs_ == compute::Needs::input) keep_rows(first, x);
        if (mode == Mode::train) {
            compute::activate(activation_, x);
        } else {
            compute::activate_anywhere(activation_, x);
        }
        if (keeps && needs_ != compute::Needs::input) keep_rows(first, x);
    }

    void backward(std::size_t first, const compute::Rows& y, const compute::Rows& gradient) override {
        compute::activate_backward(activation_, keeps_ ? kept_rows(first, gradient.count) : y, gradient);
    }

private:
    [[nodiscard]] compute::Rows kept_rows(std::size_t first, std::size_t count) {
        return {kept_.data() + first * width_, count, width_, width_};
    }

    void keep_rows(std::size_t first, const compute::Rows& x) {
        const compute::Rows kept = kept_rows(first, x.count);
        for (std::size_t row = 0; row < x.count; ++row) std::ranges::copy(x[row], kept[row].begin());
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

/// Calls visit(first, end) for [begin, end) in pieces whose rows stay in the nearest cache: half of 32 KiB.
template <class Visit>
void in_pieces(std::size_t begin, std::size_t end, std::size_t stride, const Visit& visit) {
    constexpr std::size_t most_elements = 4096;
    const std::size_t count = std::max<std::size_t>(most_elements / stride, 1);
    for (std::size_t first = begin; first < end; first += count) visit(first, std::min(first + count, end));
}

}  // namespace

void Pointwise::prepare() {
    for (const auto& stage : stages_) stage->prepare();
}

void Pointwise::forward_rows(std::size_t begin, std::size_t end, const float* parameters, Mode mode) {
    in_pieces(begin, end, target_.stride, [&](std::size_t first, std::size_t last) {
        const compute::Rows x = target_.value_rows().rows(first, last);
        for (std::size_t row = 0; source_ != nullptr && row < x.count; ++row)
            std::ranges::copy(source_->value_rows()[first + row], x[row].begin());
        for (const auto& stage : stages_) stage->forward(parameters, mode, first, x);
    });
}

void Pointwise::forward(const float* parameters, const Pass& pass) {
    for (const auto& stage : stages_) stage->begin(pass);
    core::parallel_for(pool_, target_.rows, least_rows(target_.width()),
                       [&](std::size_t begin, std::size_t end) { forward_rows(begin, end, parameters, pass.mode); });
}

void Pointwise::backward_rows(std::size_t begin, std::size_t end, bool sums, float* gradients) {
    in_pieces(begin, end, target_.stride, [&](std::size_t first, std::size_t last) {
        const compute::Rows values = target_.value_rows().rows(first, last);
        const compute::Rows gradient = target_.gradient_rows().rows(first, last);
        for (const auto& stage : std::views::reverse(stages_)) {
            if (sums && stage->parameters() != nullptr)
                stage->sum_columns(first, gradient, 0, gradient.width, gradients);
            stage->backward(first, values, gradient);
        }
        if (source_ == nullptr || !source_->has_gradient()) return;
        for (std::size_t row = 0; row < gradient.count; ++row)
            deliver(gradient[row], accumulate_, source_->gradient_rows()[first + row]);
    });
}

void Pointwise::backward(const float*, float* gradients, const GradientReady& ready) {
    const compute::Rows target = target_.gradient_rows();
    // Sums over rows are divided by columns, where the rows' gradients are complete before: at the end of the way back.
    const auto sums = [](const auto& stage) { return stage->parameters() != nullptr; };
    const bool sums_last = !stages_.empty() && sums(stages_.front());
    const bool is_shared =
        pool_ != nullptr && pool_->size() > 1 && std::ranges::count_if(stages_, sums) == (sums_last ? 1 : 0);
    if (is_shared) {
        core::parallel_for(pool_, target.count, least_rows(target.width),
                           [&](std::size_t begin, std::size_t end) { backward_rows(begin, end, false, gradients); });
        if (sums_last) {
            core::parallel_for(pool_, target.width, least_rows(target.count), [&](std::size_t begin, std::size_t end) {
                stages_.front()->sum_columns(0, target, begin, end, gradients);
            });
        }
    } else {
        backward_rows(0, target.count, true, gradients);
    }
    for (const auto& stage : stages_) {
        if (const ParameterBlock* block = stage->parameters()) report(*block, ready);
    }
}

}  // namespace ensemble::model
