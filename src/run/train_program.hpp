#pragma once

#include <span>

#include "comm/communicator.hpp"

namespace ensemble::run {

/// One run of ensemble_train from its command line (without the program's name) to its results, on all ranks.
/// Collective. Throws comm::SharedError on every rank if it fails; returns the exit code otherwise.
[[nodiscard]] int train_ensemble(const comm::Communicator& world, std::span<const char* const> words);

}  // namespace ensemble::run
