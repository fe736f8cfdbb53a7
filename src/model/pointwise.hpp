#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "compute/activation.hpp"
#include "compute/dropout.hpp"
#include "model/compiler.hpp"
#include "model/operation.hpp"

namespace ensemble::model {

/// One element-wise step of a chain, applied to some rows of a batch at a time.
class Stage {
public:
    Stage() = default;
    virtual ~Stage() = default;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// As Operation::prepare().
    virtual void prepare() {}

    /// Called once before the rows of a batch.
    virtual void begin(const Pass&) {}

    /// `x` are the rows of the batch from `first` on.
    virtual void forward(const float* parameters, Mode mode, std::size_t first, const compute::Rows& x) = 0;

    /// Turns the gradient of the stage's output into that of its input, in place; `y` is what the chain left in these
    /// rows in the end. Rows come in ascending order, those of sum_columns() in between.
    virtual void backward(std::size_t first, const compute::Rows& y, const compute::Rows& gradient) {
        static_cast<void>(first), static_cast<void>(y), static_cast<void>(gradient);
    }

    /// The parameters whose gradient is final once all rows are through; null if there are none.
    [[nodiscard]] virtual const ParameterBlock* parameters() const { return nullptr; }

    /// The gradients of the parameters for columns [begin, end), from the gradients of the stage's output, which pass
    /// through it as they are.
    virtual void sum_columns(std::size_t first, const compute::Rows& gradient, std::size_t begin, std::size_t end,
                             float* gradients) {
        static_cast<void>(first), static_cast<void>(gradient), static_cast<void>(begin), static_cast<void>(end),
            static_cast<void>(gradients);
    }
};

/// A chain of element-wise stages (bias, activation, dropout, …) that takes a few rows at a time through all of them,
/// in place: so few that they stay in the nearest cache.
class Pointwise final : public Operation {
public:
    /// Works on `target` in place.
    explicit Pointwise(Tensor& target, core::ThreadPool* pool = nullptr);

    /// Copies `source` to `target` first; backward delivers to the gradient of `source` as `store` says.
    Pointwise(Tensor& source, compute::Accumulate store, Tensor& target, core::ThreadPool* pool = nullptr);

    [[nodiscard]] const Tensor& target() const noexcept { return target_; }

    void add_bias(const ParameterBlock& block);
    void add_activation(compute::Activation activation);

    /// `first_random`: where the masks begin in a step's random stream; see random_blocks().
    void add_dropout(compute::DropoutRate rate, std::uint32_t first_random);

    /// Blocks of the random stream that a mask over `tensor` takes.
    [[nodiscard]] static std::size_t random_blocks(const Tensor& tensor);

    /// True if backward reads what the chain left in the target.
    [[nodiscard]] bool reads_its_values() const noexcept { return !activations_.empty(); }

    /// True if the chain is relu alone, in place.
    [[nodiscard]] bool is_lone_relu() const noexcept;

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    class Activate;

    void forward_rows(std::size_t begin, std::size_t end, const float* parameters, Mode mode);

    /// `sums`: with the gradients of parameters.
    void backward_rows(std::size_t begin, std::size_t end, bool sums, float* gradients);

    /// Tells earlier activations that later stages will overwrite the values their derivatives need.
    void values_change(bool zeros_stop_gradient);

    core::ThreadPool* pool_;
    Tensor* source_ = nullptr;
    compute::Accumulate accumulate_ = compute::Accumulate::no;
    Tensor& target_;
    std::vector<std::unique_ptr<Stage>> stages_;
    std::vector<Activate*> activations_;
};

}  // namespace ensemble::model
