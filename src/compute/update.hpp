#pragma once

#include <span>

#include "compute/precision.hpp"

namespace ensemble::compute {

/// Parameters w, their gradients g and their moments m and v, all of one size; what an update does not use is empty.
/// So is `narrow` unless there is a copy of the parameters in bf16, which the update then writes as it goes.
/// Elements do not see each other, so any stretch of the flat buffers may be updated by itself.
struct Stretch {
    std::span<float> parameters;
    std::span<const float> gradients;
    std::span<float> first_moment;
    std::span<float> second_moment;
    std::span<Bfloat16> narrow = {};
};

/// A decay rate and what is left of 1, both rounded from double precision: in single precision 1 − β₂ is off by 10⁻⁵ of
/// itself for 0.999 and by all of itself for 0.99999999.
struct Decays {
    explicit Decays(double rate) : keep(static_cast<float>(rate)), take(static_cast<float>(1 - rate)) {}
    float keep;
    float take;
};

/// w ← w − rate·(g + penalty·w).
void update_sgd(const Stretch& stretch, float rate, float penalty);

/// m ← mu·m + (g + penalty·w);  w ← w − rate·m.
void update_momentum(const Stretch& stretch, float rate, float penalty, float mu);

/// With g' = g + penalty·w:  v ← ρ·v + (1 − ρ)·g'²;  w ← w − rate·g'/(√v + epsilon).
void update_rmsprop(const Stretch& stretch, float rate, float penalty, Decays rho, float epsilon);

/// With g' = g + penalty·w:  m ← β₁·m + (1 − β₁)·g';  v ← β₂·v + (1 − β₂)·g'²;
/// w ← w − (decay·w + rate·m/(√v + epsilon)).
/// Adam divides the moments by 1 − βᵗ: `rate` is η/(1 − β₁ᵗ)·√(1 − β₂ᵗ) and `epsilon` ε·√(1 − β₂ᵗ), the same update
/// with one division. Decoupled decay is subtracted: 1 − `decay` would round it to multiples of 2⁻²⁴.
void update_adam(const Stretch& stretch, float rate, float penalty, float decay, Decays beta1, Decays beta2,
                 float epsilon);

/// m ← mu·m + rate·g − decay·w;  w ← w + m: up the gradient.
void update_ascending(const Stretch& stretch, float rate, float decay, float mu);

}  // namespace ensemble::compute
