#pragma once

#include <span>

#include "comm/communicator.hpp"

namespace ensemble::run {

/// One run of ensemble_report from its command line (without the program's name): repeats the analysis of a finished
/// run from the files in its directory, shared out among the ranks, and writes what came out anew. Collective. Throws
/// comm::SharedError on every rank if it fails; returns the exit code otherwise.
[[nodiscard]] int report_run(const comm::Communicator& world, std::span<const char* const> words);

}  // namespace ensemble::run
