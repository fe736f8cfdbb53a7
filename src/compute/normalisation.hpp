#pragma once

#include <cstddef>
#include <span>

#include "compute/images.hpp"
#include "core/buffer.hpp"

namespace compute {

/// Batch normalisation (Ioffe & Szegedy 2015) over all pixels of all images of a batch, channel by channel:
/// y = γ·(x − μ)/√(σ² + ε) + β with the batch's own mean and variance in training, and running ones in evaluation.
/// Vectors are images of one pixel. Sums are taken around a value of the batch and in double precision beyond short
/// stretches, so that a large mean does not drown the variance.
class BatchNorm {
public:
    static constexpr float epsilon = 1e-5F;

    /// Share of the batch in the running statistics after each step.
    static constexpr float momentum = 0.1F;

    explicit BatchNorm(const Images& images);

    /// Normalises with the batch's statistics and takes them into the running ones (variance without bias).
    void train(const float* x, const float* gamma, const float* beta, float* running_mean, float* running_variance,
               float* y);

    /// Normalises with running statistics.
    void evaluate(const float* x, const float* gamma, const float* beta, const float* running_mean,
                  const float* running_variance, float* y);

    /// dγ, dβ and dx (replaced) of the last train(); x and γ as they were then.
    void backward(const float* x, const float* gamma, const float* dy, float* dgamma, float* dbeta, float* dx);

private:
    void apply(const float* x, float* y) const;

    Images images_;
    core::Buffer<float> mean_;
    core::Buffer<float> inverse_deviation_;
    core::Buffer<float> scale_;  ///< y = scale·x + offset
    core::Buffer<float> offset_;
    core::Buffer<float> slope_;
    core::Buffer<double> first_sum_;
    core::Buffer<double> second_sum_;
};

}  // namespace compute
