#include "train/optimizer.hpp"

#include <cmath>

#include "core/contract.hpp"

namespace ensemble::train {
namespace {

using Stretch = Optimizer::Stretch;

// Each loop states that its arrays do not overlap: only then does the compiler use vectors without asking at run time.

void sgd(const Stretch& s, float rate, float penalty) {
    float* __restrict w = s.parameters.data();
    const float* __restrict g = s.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < s.parameters.size(); ++i) w[i] -= rate * (g[i] + penalty * w[i]);
}

void momentum(const Stretch& s, float rate, float penalty, float mu) {
    float* __restrict w = s.parameters.data();
    float* __restrict m = s.first_moment.data();
    const float* __restrict g = s.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < s.parameters.size(); ++i) {
        m[i] = mu * m[i] + (g[i] + penalty * w[i]);
        w[i] -= rate * m[i];
    }
}

/// A decay rate and what is left of 1, both rounded from double precision: in single precision 1 − β₂ is off by 10⁻⁵ of
/// itself for 0.999 and by all of itself for 0.99999999.
struct Decays {
    explicit Decays(double rate) : keep(static_cast<float>(rate)), take(static_cast<float>(1 - rate)) {}
    float keep;
    float take;
};

void rmsprop(const Stretch& s, float rate, float penalty, Decays rho, float epsilon) {
    float* __restrict w = s.parameters.data();
    float* __restrict v = s.second_moment.data();
    const float* __restrict g = s.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < s.parameters.size(); ++i) {
        const float gradient = g[i] + penalty * w[i];
        v[i] = rho.keep * v[i] + rho.take * gradient * gradient;
        w[i] -= rate * gradient / (std::sqrt(v[i]) + epsilon);
    }
}

/// `rate` is η/(1 − β₁ᵗ)·√(1 − β₂ᵗ) and `epsilon` ε·√(1 − β₂ᵗ): the same update with one division.
/// Decoupled decay is subtracted: 1 − `decay` would round it to multiples of 2⁻²⁴.
void adam(const Stretch& s, float rate, float penalty, float decay, Decays beta1, Decays beta2, float epsilon) {
    float* __restrict w = s.parameters.data();
    float* __restrict m = s.first_moment.data();
    float* __restrict v = s.second_moment.data();
    const float* __restrict g = s.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < s.parameters.size(); ++i) {
        const float gradient = g[i] + penalty * w[i];
        m[i] = beta1.keep * m[i] + beta1.take * gradient;
        v[i] = beta2.keep * v[i] + beta2.take * gradient * gradient;
        w[i] -= decay * w[i] + rate * m[i] / (std::sqrt(v[i]) + epsilon);
    }
}

}  // namespace

Optimizer::Optimizer(const Hyperparameters& hyperparameters) : hyperparameters_(hyperparameters) {}

bool Optimizer::has_first_moment() const noexcept {
    const OptimizerKind kind = hyperparameters_.optimizer;
    return kind == OptimizerKind::momentum || kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
}

bool Optimizer::has_second_moment() const noexcept {
    const OptimizerKind kind = hyperparameters_.optimizer;
    return kind == OptimizerKind::rmsprop || kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
}

void Optimizer::begin_update(double learning_rate, std::uint64_t t) {
    rate_ = static_cast<float>(learning_rate);
    const auto steps = static_cast<double>(t);
    bias_1_ = static_cast<float>(1 - std::pow(hyperparameters_.beta1, steps));
    root_bias_2_ = static_cast<float>(std::sqrt(1 - std::pow(hyperparameters_.beta2, steps)));
}

void Optimizer::update(const Stretch& stretch, Decay decay) const {
    core::require(stretch.gradients.size() == stretch.parameters.size() &&
                      (!has_first_moment() || stretch.first_moment.size() == stretch.parameters.size()) &&
                      (!has_second_moment() || stretch.second_moment.size() == stretch.parameters.size()),
                  "a stretch has parameters, gradients and moments of one size");
    const Hyperparameters& h = hyperparameters_;
    const auto as_float = [](double value) { return static_cast<float>(value); };
    const float lambda = decay == Decay::yes ? as_float(h.weight_decay) : 0.0F;
    const float adam_rate = rate_ / bias_1_ * root_bias_2_;
    const float adam_epsilon = as_float(h.epsilon) * root_bias_2_;
    switch (h.optimizer) {
        case OptimizerKind::sgd:
            return sgd(stretch, rate_, lambda);
        case OptimizerKind::momentum:
            return momentum(stretch, rate_, lambda, as_float(h.momentum));
        case OptimizerKind::rmsprop:
            return rmsprop(stretch, rate_, lambda, Decays(h.rho), as_float(h.epsilon));
        case OptimizerKind::adam:
            return adam(stretch, adam_rate, lambda, 0.0F, Decays(h.beta1), Decays(h.beta2), adam_epsilon);
        case OptimizerKind::adamw:
            return adam(stretch, adam_rate, 0.0F, rate_ * lambda, Decays(h.beta1), Decays(h.beta2), adam_epsilon);
    }
}

}  // namespace ensemble::train
