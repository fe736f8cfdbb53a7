#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "comm/communicator.hpp"
#include "config/experiment.hpp"
#include "core/stopwatch.hpp"

namespace ensemble::run {

/// What the command line asks for.
struct Started {
    std::unique_ptr<config::Experiment>
        experiment;                            ///< null where it only wanted an answer, which the root has printed
    std::optional<std::uint32_t> replay = {};  ///< the member that is to be trained again, of a finished run
};

/// Reads the command line and the data on the root, checks everything there, and gives it to all ranks; the data lie
/// once in each node's memory. Nothing is written. Collective; `words` and
/// `since_start`, the time of --time-budget, count on the root only.
/// Throws comm::SharedError on every rank.
[[nodiscard]] Started start_up(const comm::Communicator& world, std::span<const char* const> words,
                               const core::Stopwatch& since_start);

}  // namespace ensemble::run
