#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/random.hpp"
#include "model/dense_stack.hpp"
#include "model/rbm.hpp"
#include "train/hyperparameters.hpp"
#include "train/member_state.hpp"
#include "train/trainer.hpp"

namespace ensemble::train {

/// Starts a network's hidden dense layers as restricted Boltzmann machines, one on top of the other: each learns by
/// contrastive divergence what the one below makes of the member's own training rows (Hinton, Osindero & Teh 2006:
/// "A fast learning algorithm for deep belief nets"). The recipe is Hinton's guide of 2010: visible biases begin at
/// ln p/(1 − p) of their units' mean p, momentum is 0.5 in the first epochs, and what goes up are probabilities.
///
/// A machine sees values from 0 to 1. Features that are not all in that range are mapped to it one by one, from their
/// least to their largest; in the end the map becomes part of the first layer's weights.
///
/// Works batch by batch, and leaves its mark in the state whenever a layer is done: what was begun and not finished
/// begins again. A pure function of (network, hyperparameters, problem, member).
class Pretraining {
public:
    /// `rows`, `hidden_features` and `state` are the member's, and outlive this. REQUIRES: state.parameters hold what
    /// model::initialise() makes for rbm, and the layers that are done.
    Pretraining(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
                std::span<const std::uint32_t> rows, std::span<const std::uint32_t> hidden_features,
                MemberState& state);

    [[nodiscard]] bool finished() const noexcept { return state_.pretrained == layers_.size(); }

    /// Learns from one batch. REQUIRES: !finished().
    void step();

    /// Share of the steps of all layers that is done.
    [[nodiscard]] double progress() const noexcept;

    /// Mean squared error of the reconstructions of the current epoch so far; NaN before the first.
    [[nodiscard]] double error() const noexcept;

private:
    void begin_layer();
    void begin_epoch();
    void load(std::span<const std::uint32_t> chosen);
    void measure(std::size_t count);
    void begin_learning();
    void learn(std::size_t count);
    void end_layer();
    [[nodiscard]] std::uint64_t steps_per_layer() const noexcept { return (1 + epochs_) * batches_; }

    std::vector<model::DenseLayer> layers_;
    Hyperparameters hyperparameters_;
    Problem problem_;
    std::span<const std::uint32_t> rows_;
    std::span<const std::uint32_t> hidden_features_;
    MemberState& state_;
    std::uint64_t epochs_;
    std::size_t batch_;
    std::size_t batches_;  ///< per epoch, the last one may be smaller

    // Of the layer under way.
    std::vector<model::SigmoidLayer> below_;
    std::optional<model::Rbm> machine_;
    std::uint64_t epoch_ = 0;  ///< 0: its visible units are measured; learning counts from 1
    std::size_t next_ = 0;     ///< batch
    std::vector<std::uint32_t> order_;
    std::vector<double> sums_;  ///< of the visible units over all rows
    std::vector<float> least_;
    std::vector<float> largest_;
    bool scaled_ = false;  ///< whether the features are mapped to [0, 1]
    double error_sum_ = 0;
    std::size_t learnt_ = 0;  ///< rows of the current epoch
};

/// The arithmetic of pretraining as a multiple of that of the training that follows. 0 where there is none.
[[nodiscard]] double pretraining_share(const model::Network& network, const Hyperparameters& hyperparameters);

}  // namespace ensemble::train
