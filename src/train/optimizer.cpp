#include "train/optimizer.hpp"

#include <cmath>

#include "core/contract.hpp"

namespace train {
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

void rmsprop(const Stretch& s, float rate, float penalty, float rho, float epsilon) {
    float* __restrict w = s.parameters.data();
    float* __restrict v = s.second_moment.data();
    const float* __restrict g = s.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < s.parameters.size(); ++i) {
        const float gradient = g[i] + penalty * w[i];
        v[i] = rho * v[i] + (1.0F - rho) * gradient * gradient;
        w[i] -= rate * gradient / (std::sqrt(v[i]) + epsilon);
    }
}

/// `rate` is η/(1 − β₁ᵗ)·√(1 − β₂ᵗ) and `epsilon` ε·√(1 − β₂ᵗ): the same update with one division.
void adam(const Stretch& s, float rate, float penalty, float shrink, float beta1, float beta2, float epsilon) {
    float* __restrict w = s.parameters.data();
    float* __restrict m = s.first_moment.data();
    float* __restrict v = s.second_moment.data();
    const float* __restrict g = s.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < s.parameters.size(); ++i) {
        const float gradient = g[i] + penalty * w[i];
        m[i] = beta1 * m[i] + (1.0F - beta1) * gradient;
        v[i] = beta2 * v[i] + (1.0F - beta2) * gradient * gradient;
        w[i] = shrink * w[i] - rate * m[i] / (std::sqrt(v[i]) + epsilon);
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
            return rmsprop(stretch, rate_, lambda, as_float(h.rho), as_float(h.epsilon));
        case OptimizerKind::adam:
            return adam(stretch, adam_rate, lambda, 1.0F, as_float(h.beta1), as_float(h.beta2), adam_epsilon);
        case OptimizerKind::adamw:
            return adam(stretch, adam_rate, 0.0F, 1.0F - rate_ * lambda, as_float(h.beta1), as_float(h.beta2),
                        adam_epsilon);
    }
}

}  // namespace train
