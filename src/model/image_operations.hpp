#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "compute/convolution.hpp"
#include "compute/normalisation.hpp"
#include "model/compiler.hpp"
#include "model/operation.hpp"
#include "model/row_operation.hpp"

namespace ensemble::model {

/// Copies a tensor into another order of channels.
class Reorder final : public Operation {
public:
    Reorder(Tensor& input, compute::Accumulate store, Tensor& output);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    Tensor& output_;
    GradientTarget target_;
};

/// y = x ∗ W + b over images; see compute::Convolution.
class Convolve final : public RowOperation {
public:
    Convolve(Tensor& input, compute::Accumulate store, Tensor& output, const compute::ImageWindow& window,
             const ParameterBlock& weight, const ParameterBlock& bias, compute::Precision precision,
             core::ThreadPool* pool = nullptr);

    void prepare() override;
    [[nodiscard]] RowOperation* by_rows() noexcept override;
    void forward_rows(const float* parameters, const Pass& pass, core::Part rows) override;
    void backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) override;
    [[nodiscard]] std::vector<const Tensor*> gradients_by_rows() const override { return {&input_, &output_}; }
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

    /// What another operation needs to do the same.
    struct Recipe {
        Value input;
        compute::ImageWindow window;
        ParameterBlock weight;
        ParameterBlock bias;
        compute::Precision precision;
    };
    [[nodiscard]] const Recipe& recipe() const noexcept { return recipe_; }

private:
    Tensor& input_;
    Tensor& output_;
    Recipe recipe_;
    core::ThreadPool* pool_;
    GradientTarget target_;
    std::optional<compute::Convolution> convolution_;
};

/// A convolution and the largest value of each window of what it leaves, slice by slice of the batch: what lies between
/// never leaves the cache.
class ConvolveAndPool final : public Operation {
public:
    /// Rows of a slice for which this pays, or 0. `between` are the images between convolution and pooling.
    [[nodiscard]] static std::size_t slice_of(const compute::Images& between);

    ConvolveAndPool(const Convolve::Recipe& recipe, std::size_t slice, const compute::Images& between,
                    const compute::ImageWindow& pool, Tensor& output);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    Tensor& output_;
    Convolve::Recipe recipe_;
    compute::ImageWindow pool_;
    std::size_t slice_;
    compute::Images between_;  ///< of one slice
    GradientTarget target_;
    std::optional<compute::Convolution> convolution_;
    core::Buffer<float> values_;  ///< between, and their gradients
    core::Buffer<float> weight_gradient_;
    core::Buffer<float> bias_gradient_;
    std::vector<std::uint8_t> chosen_;
};

/// The largest value of each window.
class MaxPool final : public RowOperation {
public:
    MaxPool(Tensor& input, compute::Accumulate store, Tensor& output, const compute::ImageWindow& window);

    void prepare() override;
    [[nodiscard]] RowOperation* by_rows() noexcept override;
    void forward_rows(const float* parameters, const Pass& pass, core::Part rows) override;
    void backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) override;
    [[nodiscard]] std::vector<const Tensor*> gradients_by_rows() const override { return {&input_, &output_}; }
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    Tensor& output_;
    compute::ImageWindow window_;
    compute::Accumulate accumulate_;
    GradientTarget target_;
    std::vector<std::uint8_t> chosen_;
};

/// The mean of each window.
class AveragePool final : public Operation {
public:
    AveragePool(Tensor& input, compute::Accumulate store, Tensor& output, const compute::ImageWindow& window);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    Tensor& output_;
    compute::ImageWindow window_;
    GradientTarget target_;
};

/// The mean over all pixels of each channel: images become vectors.
class GlobalAverage final : public Operation {
public:
    GlobalAverage(Tensor& input, compute::Accumulate store, Tensor& output);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    compute::Accumulate accumulate_;
    Tensor& output_;
};

/// What a normalising layer owns.
struct NormState {
    ParameterBlock scale;
    ParameterBlock offset;
    StatisticsBlock mean;
    StatisticsBlock variance;
};

/// The first half of batch normalisation: on the way forward the statistics, on the way backward, last, the gradient of
/// the input. Two operations, for between the halves all rows must be through; see compute::BatchNorm.
class Measure final : public RowOperation {
public:
    /// `output` is that of the second half, which shares `norm`.
    Measure(Tensor& input, compute::Accumulate store, const Tensor& output, const NormState& state,
            std::shared_ptr<compute::BatchNorm> norm);

    [[nodiscard]] RowOperation* by_rows() noexcept override;
    [[nodiscard]] bool sums_forward() const noexcept override { return true; }
    void forward_rows(const float* parameters, const Pass& pass, core::Part rows) override;
    void backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) override;
    [[nodiscard]] std::vector<const Tensor*> gradients_by_rows() const override { return {&input_, &output_}; }
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    compute::Accumulate accumulate_;
    const Tensor& output_;
    NormState state_;
    std::shared_ptr<compute::BatchNorm> norm_;
};

/// The second half: on the way forward the values, on the way backward, first, the gradients of scale and offset.
class Normalise final : public RowOperation {
public:
    Normalise(const Tensor& input, Tensor& output, const NormState& state, std::shared_ptr<compute::BatchNorm> norm);

    [[nodiscard]] RowOperation* by_rows() noexcept override;
    [[nodiscard]] bool sums_backward() const noexcept override { return true; }
    void forward_rows(const float* parameters, const Pass& pass, core::Part rows) override;
    void backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) override;
    [[nodiscard]] std::vector<const Tensor*> gradients_by_rows() const override { return {&output_}; }
    [[nodiscard]] std::vector<const Tensor*> inputs() const override { return {}; }
    [[nodiscard]] bool fuse_relu(const Tensor& value) override;

private:
    const Tensor& input_;
    Tensor& output_;
    NormState state_;
    std::shared_ptr<compute::BatchNorm> norm_;
};

/// Outputs of branches side by side along the last axis.
class Concatenate final : public Operation {
public:
    /// Branches lie all in blocks of the same size, or all in plain order, as the output does.
    Concatenate(std::vector<Value> branches, Tensor& output);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    /// Calls use(branch, offset in an item of the branch, offset in an item of the output, floats).
    template <class Use>
    void for_runs(Use use) const;

    std::vector<Value> branches_;
    Tensor& output_;
};

}  // namespace ensemble::model
