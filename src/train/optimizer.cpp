#include "train/optimizer.hpp"

#include <cmath>

#include "core/contract.hpp"

namespace ensemble::train {

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

void Optimizer::update(const compute::Stretch& stretch, Decay decay) const {
    core::require(stretch.gradients.size() == stretch.parameters.size() &&
                      (!has_first_moment() || stretch.first_moment.size() == stretch.parameters.size()) &&
                      (!has_second_moment() || stretch.second_moment.size() == stretch.parameters.size()) &&
                      (stretch.narrow.empty() || stretch.narrow.size() == stretch.parameters.size()),
                  "a stretch has parameters, gradients, moments and a copy of one size");
    using compute::Decays;
    const Hyperparameters& h = hyperparameters_;
    const auto as_float = [](double value) { return static_cast<float>(value); };
    const float lambda = decay == Decay::yes ? as_float(h.weight_decay) : 0.0F;
    const float adam_rate = rate_ / bias_1_ * root_bias_2_;
    const float adam_epsilon = as_float(h.epsilon) * root_bias_2_;
    switch (h.optimizer) {
        case OptimizerKind::sgd:
            return compute::update_sgd(stretch, rate_, lambda);
        case OptimizerKind::momentum:
            return compute::update_momentum(stretch, rate_, lambda, as_float(h.momentum));
        case OptimizerKind::rmsprop:
            return compute::update_rmsprop(stretch, rate_, lambda, Decays(h.rho), as_float(h.epsilon));
        case OptimizerKind::adam:
            return compute::update_adam(stretch, adam_rate, lambda, 0.0F, Decays(h.beta1), Decays(h.beta2),
                                        adam_epsilon);
        case OptimizerKind::adamw:
            return compute::update_adam(stretch, adam_rate, 0.0F, rate_ * lambda, Decays(h.beta1), Decays(h.beta2),
                                        adam_epsilon);
    }
}

}  // namespace ensemble::train
