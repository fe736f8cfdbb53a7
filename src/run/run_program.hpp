#pragma once

namespace ensemble::run {

/// The whole life of the process ensemble_train: starts the ranks, runs, and reports an error once. Returns the exit
/// code.
[[nodiscard]] int run_program(int argc, char** argv) noexcept;

}  // namespace ensemble::run
