#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/update.hpp"
#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// Updates parameters from gradients, any stretch of the flat buffers at a time: elements do not see each other, so a
/// stretch may be updated as soon as its gradient is final.
///   sgd       w ← w − η·g
///   momentum  m ← μ·m + g;  w ← w − η·m
///   rmsprop   v ← ρ·v + (1 − ρ)·g²;  w ← w − η·g/(√v + ε)
///   adam      m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;  w ← w − η·m̂/(√v̂ + ε)   (Kingma & Ba 2015)
///   adamw     w ← (1 − η·λ)·w, then as adam without λ   (Loshchilov & Hutter 2019)
/// All but adamw see the L2 penalty as g ← g + λ·w. m̂ and v̂ are the moments divided by 1 − βᵗ.
class Optimizer {
public:
    explicit Optimizer(const Hyperparameters& hyperparameters);

    [[nodiscard]] bool has_first_moment() const noexcept;
    [[nodiscard]] bool has_second_moment() const noexcept;

    /// Sets the learning rate η and the number t of this update, counted from 1.
    void begin_update(double learning_rate, std::uint64_t t);

    enum class Decay : std::uint8_t { no, yes };

    /// Updates one stretch of the flat buffers, in which moments the optimiser lacks are empty; `decay` says whether
    /// the penalty applies to it (weights) or not (biases).
    void update(const compute::Stretch& stretch, Decay decay) const;

private:
    Hyperparameters hyperparameters_;
    float rate_ = 0;
    float bias_1_ = 1;       ///< 1 − β₁ᵗ
    float root_bias_2_ = 1;  ///< √(1 − β₂ᵗ)
};

}  // namespace ensemble::train
