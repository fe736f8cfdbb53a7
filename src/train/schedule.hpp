#pragma once

#include <cstdint>

#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// The learning rate of an update.
/// `update` counts from 0 to total − 1 over the whole training; `epoch` counts from 0.
/// constant: lr · step: lr·factor^⌊epoch/step⌋ · cosine: lr·(1 + cos(π·update/total))/2 (Loshchilov & Hutter 2017,
/// without restarts) · one_cycle: cosine from lr/25 up to lr over the first 30 %, then down to lr/250,000 (Smith &
/// Topin 2018).
[[nodiscard]] double learning_rate(const Hyperparameters& hyperparameters, std::uint64_t update, std::uint64_t total,
                                   std::uint32_t epoch);

}  // namespace ensemble::train
