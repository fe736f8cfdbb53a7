#pragma once

#include <cstddef>
#include <utility>

#include "compute/images.hpp"
#include "compute/matmul.hpp"
#include "core/buffer.hpp"
#include "core/thread_pool.hpp"

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

    /// True if the calls for `images` may be made part by part, in the order of the images and with pointers to the
    /// first of the part; else each is for all. The bits are the same.
    [[nodiscard]] bool goes_by_images() const noexcept { return images_.pixels() > 1; }

    /// Measures the batch's mean and variance.
    void measure(const float* x, core::Part images);

    /// When all images are measured: normalise() goes by their statistics, which are taken into the running ones
    /// (variance without bias). `share`: of a full batch, that this one is.
    void use_measured(const float* gamma, const float* beta, float* running_mean, float* running_variance,
                      float share = 1);

    /// normalise() goes by running statistics.
    void use_running(const float* gamma, const float* beta, const float* running_mean, const float* running_variance);

    /// y from x.
    void normalise(const float* x, float* y, core::Part images) const;

    /// Adds up what dγ, dβ and dx are made of. REQUIRES: x is normalised as it was measured.
    void sum_gradients(const float* x, const float* dy, core::Part images);

    /// When all images are in the sums: dγ and dβ. γ as it was.
    void use_sums(const float* gamma, float* dgamma, float* dbeta);

    /// dx, replaced or added to, after use_sums().
    void spread_gradients(const float* x, const float* dy, Accumulate accumulate, float* dx, core::Part images) const;

private:
    template <bool rectifies>
    void apply(const float* x, float* y, core::Part images) const;
    template <bool rectifies>
    void sum(const float* x, const float* dy, core::Part images);
    template <bool rectifies, bool adds>
    void spread(const float* x, const float* dy, float* dx, core::Part images) const;

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
