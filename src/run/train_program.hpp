#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "comm/communicator.hpp"

namespace ensemble::run {

/// One run of ensemble_train from its command line (without the program's name) to its results, on all ranks.
/// Collective. Throws comm::SharedError on every rank if it fails; returns the exit code otherwise.
[[nodiscard]] int train_ensemble(const comm::Communicator& world, std::span<const char* const> words);

/// Takes what a run says of its progress and results, in pieces of whole lines.
using Tell = std::function<void(std::string_view)>;

/// The same for a program of somebody else's: what goes to stdout above goes to `tell` on the root, as to a log; an
/// answer to --help and the like goes to stdout all the same.
[[nodiscard]] int train_and_tell(const comm::Communicator& world, std::span<const char* const> words, const Tell& tell);

}  // namespace ensemble::run
