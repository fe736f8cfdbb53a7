#pragma once

#include <span>

#include "comm/communicator.hpp"

namespace ensemble::run {

/// ensemble_predict: predicts the rows of a file, a pipe or an array with the members of a finished run, on all ranks.
/// `words` is the command line without the program's name. Collective. Throws comm::SharedError on every rank if it
/// fails; returns the exit code otherwise.
[[nodiscard]] int predict_rows(const comm::Communicator& world, std::span<const char* const> words);

}  // namespace ensemble::run
