#include <csignal>
#include <cstdio>
#include <span>

#include "comm/communicator.hpp"
#include "run/program.hpp"

int main(int argc, char** argv) {
    // A reader of our output that leaves early must not end the run.
    std::signal(SIGPIPE, SIG_IGN);
    return comm::run_ranks(
        argc, argv,
        [&](const comm::Communicator& world) {
            return run::train_ensemble(world, std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
        },
        [](const std::string& message) { std::fprintf(stderr, "ensemble_train: error: %s\n", message.c_str()); });
}
