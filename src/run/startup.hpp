#pragma once

#include <memory>
#include <span>

#include "comm/communicator.hpp"
#include "config/experiment.hpp"

namespace ensemble::run {

/// Reads the command line and the data on the root, checks everything there, and gives it to all ranks; the data lie
/// once in each node's memory. Nothing is written. Collective; `words` count on the root only.
/// Returns nothing if the command line only wanted an answer, which the root has printed.
/// Throws comm::SharedError on every rank.
[[nodiscard]] std::unique_ptr<config::Experiment> start_up(const comm::Communicator& world,
                                                           std::span<const char* const> words);

}  // namespace ensemble::run
