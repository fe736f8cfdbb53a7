#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/names.hpp"
#include "model/network.hpp"
#include "model/program.hpp"

namespace ensemble::train {

enum class OptimizerKind : std::uint8_t { sgd, momentum, adam, adamw, rmsprop };

constexpr auto enum_names(OptimizerKind) {
    return std::array{core::Named{OptimizerKind::sgd, "sgd"}, core::Named{OptimizerKind::momentum, "momentum"},
                      core::Named{OptimizerKind::adam, "adam"}, core::Named{OptimizerKind::adamw, "adamw"},
                      core::Named{OptimizerKind::rmsprop, "rmsprop"}};
}

enum class ScheduleKind : std::uint8_t { constant, step, cosine, one_cycle };

constexpr auto enum_names(ScheduleKind) {
    return std::array{core::Named{ScheduleKind::constant, "constant"}, core::Named{ScheduleKind::step, "step"},
                      core::Named{ScheduleKind::cosine, "cosine"}, core::Named{ScheduleKind::one_cycle, "one-cycle"}};
}

/// Which mean of the parameters of a training predicts, instead of the last ones.
enum class AverageKind : std::uint8_t { none, swa, ema };

constexpr auto enum_names(AverageKind) {
    return std::array{core::Named{AverageKind::none, "none"}, core::Named{AverageKind::swa, "swa"},
                      core::Named{AverageKind::ema, "ema"}};
}

/// What rows of a class weigh in training beside their own weights, see RowWeights.
enum class ClassWeight : std::uint8_t { none, balanced };

constexpr auto enum_names(ClassWeight) {
    return std::array{core::Named{ClassWeight::none, "none"}, core::Named{ClassWeight::balanced, "balanced"}};
}

/// How one member is trained; everything here belongs to the configuration that determines the result.
struct Hyperparameters {
    model::Initialiser initialiser = model::Initialiser::he;
    std::size_t rbm_epochs = 10;  ///< of rbm: passes over the rows for each layer
    std::size_t rbm_gibbs_steps = 1;
    double rbm_learning_rate = 0.1;
    compute::Precision precision = compute::Precision::f32;  ///< of factors in training; evaluation is in f32
    std::size_t epochs = 20;
    std::size_t batch = 100;
    OptimizerKind optimizer = OptimizerKind::adam;
    double learning_rate = 1e-3;
    double momentum = 0.9;      ///< of `momentum`
    double beta1 = 0.9;         ///< of adam, adamw
    double beta2 = 0.999;       ///< of adam, adamw
    double epsilon = 1e-8;      ///< of adam, adamw, rmsprop
    double rho = 0.99;          ///< of rmsprop
    double weight_decay = 0.0;  ///< L2 penalty λ/2·|w|² on weights, not biases; decoupled in adamw
    double clip_norm = 0.0;     ///< longest gradient of all parameters together; 0: any
    double max_norm = 0.0;      ///< longest vector of weights into a unit of a dense layer; 0: any
    ClassWeight class_weight = ClassWeight::none;
    double label_smoothing = 0.0;  ///< share of a label's weight that all classes divide among them, in training
    double adversarial = 0.0;  ///< share of each feature's range that adversarial batches are moved by, see Adversary
    ScheduleKind schedule = ScheduleKind::constant;
    std::size_t schedule_step = 10;  ///< of `step`: epochs between two drops
    double schedule_factor = 0.1;    ///< of `step`: each drop
    AverageKind average = AverageKind::none;
    double average_start = 0.75;   ///< of swa: the share of the epochs before the first that counts
    double average_decay = 0.999;  ///< of ema, from one update to the next
    bool log_gradients = false;    ///< record the size of the gradient, layer by layer, at the begin of each epoch
    bool evaluate_with_dropout = false;  ///< leave dropout on in validation and testing, which is a mistake
    std::size_t patience = 0;            ///< stop after so many epochs without a better validation loss; 0: never
};

/// What the network of such a training is compiled for.
[[nodiscard]] constexpr model::Program::Purpose training_purpose(const Hyperparameters& hyperparameters) noexcept {
    return hyperparameters.adversarial > 0 ? model::Program::Purpose::adversarial_training
                                           : model::Program::Purpose::training;
}

}  // namespace ensemble::train
