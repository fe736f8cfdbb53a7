#include "train/weight_average.hpp"

#include <cmath>

namespace ensemble::train {

std::optional<float> WeightAverage::after_update(std::uint64_t taken) const {
    if (hyperparameters_.average != AverageKind::ema) return std::nullopt;
    const double decay = hyperparameters_.average_decay;
    return static_cast<float>((1 - decay) / (1 - std::pow(decay, static_cast<double>(taken + 1))));
}

std::optional<float> WeightAverage::after_epoch(std::uint32_t epoch, std::uint64_t taken) const {
    if (hyperparameters_.average != AverageKind::swa) return std::nullopt;
    if (epoch < first_averaged_epoch(hyperparameters_)) return std::nullopt;
    return static_cast<float>(1 / static_cast<double>(taken + 1));
}

std::uint32_t first_averaged_epoch(const Hyperparameters& hyperparameters) {
    const double before = std::floor(hyperparameters.average_start * static_cast<double>(hyperparameters.epochs));
    return static_cast<std::uint32_t>(before) + 1;
}

}  // namespace ensemble::train
