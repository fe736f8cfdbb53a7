#pragma once

#include <cstddef>
#include <utility>

#include "compute/images.hpp"
#include "core/buffer.hpp"

namespace ensemble::compute {

/// Batch normalisation (Ioffe & Szegedy 2015) over all pixels of all images of a batch, channel by channel:
/// y = γ·(x − μ)/√(σ² + ε) + β with the batch's own mean and variance in training, and running ones in evaluation.
/// Vectors are images of one pixel. Sums are taken around a value of the batch and in double precision beyond short
/// stretches, so that a large mean does not drown the variance.
class BatchNorm {
public:
    static constexpr float epsilon = 1e-5F;

    /// Share of a full batch in the running statistics after each step.
    static constexpr float momentum = 0.1F;

    /// `heights`, which must outlive it, are read anew at each call: only the rows of images above them count, are
    /// written, and get a gradient; dx is 0 below.
    explicit BatchNorm(const Images& images, Heights heights = {});

    /// From now on y = relu(γ·(x − μ)/√(σ² + ε) + β). Returns false if that was so already.
    [[nodiscard]] bool fuse_relu() noexcept { return !std::exchange(rectifies_, true); }

    /// Normalises with the batch's statistics and takes them into the running ones (variance without bias). `share`: of
    /// a full batch, that this one is.
    void train(const float* x, const float* gamma, const float* beta, float* running_mean, float* running_variance,
               float* y, float share = 1);

    /// Normalises with running statistics.
    void evaluate(const float* x, const float* gamma, const float* beta, const float* running_mean,
                  const float* running_variance, float* y);

    /// dγ, dβ and dx (replaced) of the last train(); x and γ as they were then.
    void backward(const float* x, const float* gamma, const float* dy, float* dgamma, float* dbeta, float* dx);

private:
    template <bool rectifies>
    void apply(const float* x, float* y) const;
    template <bool rectifies>
    void sum_gradients(const float* x, const float* dy);
    template <bool rectifies>
    void spread_gradients(const float* x, const float* dy, float* dx) const;

    /// Pixels of the batch that count.
    [[nodiscard]] double values() const;

    bool rectifies_ = false;

    Images images_;
    Heights heights_;
    core::Buffer<float> mean_;
    core::Buffer<float> inverse_deviation_;
    core::Buffer<float> scale_;  ///< y = scale·x + offset
    core::Buffer<float> offset_;
    core::Buffer<float> gradient_scale_;  ///< dx = gradient_scale·dy + slope·x + gradient_offset
    core::Buffer<float> slope_;
    core::Buffer<float> gradient_offset_;
    core::Buffer<double> first_sum_;
    core::Buffer<double> second_sum_;
};

}  // namespace ensemble::compute
