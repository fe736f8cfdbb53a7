#pragma once

#include <cstddef>
#include <cstdint>

#include "model/network.hpp"
#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// Bytes that one member takes while it is trained; what a kernel needs for a moment is not counted,
/// nor the copy from which a checkpoint is written.
struct Footprint {
    std::size_t parameters = 0;   ///< their copy in bf16, and running statistics
    std::size_t gradients = 0;    ///< of the parameters, twice where batches are moved by an adversary
    std::size_t optimizer = 0;    ///< its moments
    std::size_t means = 0;        ///< of the weights, where a mean predicts
    std::size_t best = 0;         ///< the best epoch's state, where training may stop early
    std::size_t activations = 0;  ///< and their gradients, of a batch and of the smaller one that ends an epoch
    std::size_t evaluation = 0;   ///< activations of a batch that is only predicted
    std::size_t observation = 0;  ///< of an Observer

    [[nodiscard]] std::size_t total() const noexcept {
        return parameters + gradients + optimizer + means + best + activations + evaluation + observation;
    }
};

/// Whether somebody looks into a member while it is trained.
enum class Observed : std::uint8_t { no, yes };

/// `rows`: how many a member is trained on. REQUIRES: rows > 0.
[[nodiscard]] Footprint footprint(const model::Network& network, const Hyperparameters& hyperparameters,
                                  std::size_t rows, Observed observed = Observed::no);

}  // namespace ensemble::train
