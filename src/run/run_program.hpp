#pragma once

#include <span>
#include <string_view>

#include "comm/communicator.hpp"

namespace ensemble::run {

/// One of our programs.
struct Program {
    std::string_view name;
    /// What it does on all ranks, from its command line without its name. Collective. Throws comm::SharedError on every
    /// rank if it fails; returns the exit code otherwise.
    int (*run)(const comm::Communicator& world, std::span<const char* const> words);
};

/// The whole life of a process: starts the ranks, runs, and reports an error once. Returns the exit code.
[[nodiscard]] int run_program(const Program& program, int argc, char** argv) noexcept;

}  // namespace ensemble::run
