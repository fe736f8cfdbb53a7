#pragma once

#include <cstdint>
#include <optional>

#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// The weights of a running mean of what a member's parameters have been.
///   swa  the plain mean of the parameters at the ends of the epochs behind the share `average_start` of them
///        (Izmailov et al. 2018: "Averaging weights leads to wider optima and better generalization")
///   ema  Σ (1 − d)·dᵗ⁻ⁱ·wᵢ / (1 − dᵗ) over the updates i = 1 … t: the exponential mean without the pull to its start
///        (Polyak & Juditsky 1992 in the form of Kingma & Ba 2015, section 7.2)
/// Both are a ← a + α·(w − a) with an α that depends on how many w came before; the first has α = 1.
class WeightAverage {
public:
    explicit WeightAverage(const Hyperparameters& hyperparameters) : hyperparameters_(hyperparameters) {}

    [[nodiscard]] bool is_on() const noexcept { return hyperparameters_.average != AverageKind::none; }

    /// α of an update; `taken` parameters are in the mean already. Nothing where updates do not count.
    [[nodiscard]] std::optional<float> after_update(std::uint64_t taken) const;

    /// α of the end of `epoch`, counted from 1. Nothing where it does not count.
    [[nodiscard]] std::optional<float> after_epoch(std::uint32_t epoch, std::uint64_t taken) const;

private:
    Hyperparameters hyperparameters_;
};

/// The first epoch, counted from 1, whose end swa takes into the mean.
[[nodiscard]] std::uint32_t first_averaged_epoch(const Hyperparameters& hyperparameters);

}  // namespace ensemble::train
