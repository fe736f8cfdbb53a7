#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/matmul.hpp"
#include "compute/rows.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"

namespace ensemble::model {

/// One step of contrastive divergence, after G. Hinton: "A practical guide to training restricted Boltzmann machines"
/// (2010).
struct DivergenceStep {
    double learning_rate = 0.1;
    double momentum = 0.9;
    double weight_decay = 1e-4;   ///< on weights, not on biases
    std::size_t gibbs_steps = 1;  ///< k of CD-k
};

/// A restricted Boltzmann machine of binary units: p(h = 1 | v) = σ(c + v·W), p(v = 1 | h) = σ(b + W·h).
/// Its weights lie as in a dense layer [visible × hidden], rows core::row_stride(hidden) floats apart.
class Rbm {
public:
    /// For batches of at most `rows` rows, with every weight and bias zero.
    Rbm(std::size_t rows, std::size_t visible, std::size_t hidden);

    [[nodiscard]] std::span<float> weights() noexcept { return weights_; }
    [[nodiscard]] std::span<float> hidden_bias() noexcept { return hidden_bias_; }
    [[nodiscard]] std::span<float> visible_bias() noexcept { return visible_bias_; }

    /// Where the caller writes a batch [rows × visible] of values from 0 to 1.
    [[nodiscard]] compute::Rows visible() noexcept { return {visible_.data(), rows_, width_, stride_}; }

    /// Learns from the first `count` rows of visible(): k times down and up again, from samples of the hidden units
    /// to probabilities of the visible ones; each time from where `random` stands, at a block boundary.
    ///   Δ ← momentum·Δ + rate·(⟨v·h⟩ of the data − ⟨v·h⟩ of the reconstruction − decay·W);  W ← W + Δ
    /// and alike for the biases, with h the probabilities of the hidden units.
    /// Returns the squared error of the reconstruction, a mean over units, summed over rows.
    double learn(std::size_t count, const DivergenceStep& step, core::RandomStream& random);

private:
    void up(const float* visible, float* hidden) const;
    void down(float* visible) const;
    void sample(const float* hidden, core::RandomStream& random);
    void drop_rest(std::size_t count);
    void descend(std::size_t count, const DivergenceStep& step);
    [[nodiscard]] double reconstruction_error(std::size_t count) const;

    std::size_t rows_;
    std::size_t width_;   ///< visible units
    std::size_t stride_;  ///< of rows of visible units
    std::size_t hidden_width_;
    std::size_t hidden_stride_;  ///< of rows of hidden units, and of the weights
    core::Buffer<float> weights_;
    core::Buffer<float> hidden_bias_;
    core::Buffer<float> visible_bias_;
    core::Buffer<float> weight_change_;
    core::Buffer<float> hidden_bias_change_;
    core::Buffer<float> visible_bias_change_;
    // The data's rows and behind them those of the reconstruction, whose hidden units are negative in the end: one
    // product gives the difference of the two expectations.
    core::Buffer<float> visible_;
    core::Buffer<float> hidden_;
    core::Buffer<float> samples_;
    core::Buffer<float> gradient_;
    std::vector<std::uint32_t> words_;
    compute::MatMul up_;
    compute::MatMul down_;
    compute::MatMul outer_;
};

}  // namespace ensemble::model
