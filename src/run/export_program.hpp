#pragma once

#include <span>

#include "comm/communicator.hpp"

namespace ensemble::run {

/// One run of ensemble_export from its command line (without the program's name): writes the ensemble of a finished
/// run, or a member of it, as a file that other programs read. The root's work alone. Collective. Throws
/// comm::SharedError on every rank if it fails; returns the exit code otherwise.
[[nodiscard]] int export_run(const comm::Communicator& world, std::span<const char* const> words);

}  // namespace ensemble::run
