#pragma once

#include <cstdint>

#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// True if a healthy training ends with `epoch`, counted from 1, after which `best_epoch` has the best validation loss:
/// its epochs are over, or patience is lost: so many epochs have come after the best. A mean that begins late gets its
/// chance first.
[[nodiscard]] bool ends_with(const Hyperparameters& hyperparameters, std::uint32_t epoch, std::uint32_t best_epoch);

}  // namespace ensemble::train
