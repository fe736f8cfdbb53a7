#include "run/run_program.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <span>
#include <string>

#include "comm/launcher.hpp"
#include "comm/recovery_probe.hpp"
#include "comm/status_file.hpp"
#include "core/error.hpp"
#include "core/stderr.hpp"
#include "run/interrupt.hpp"
#include "run/standard_streams.hpp"
#include "store/temporaries.hpp"

namespace ensemble::run {
namespace {

using core::Failure;

/// The program for a process of its own: what was asked for is no error, and the launcher learns how it ended
/// before MPI is left, which may take for ever once ranks are lost.
int run_and_tell(const Program& program, const comm::Communicator& world, std::span<const char* const> words) {
    const auto tell = [&](int code, bool try_again) {
        if (world.is_root()) comm::leave_status(code, try_again);
        return code;
    };
    try {
        return tell(program.run(world, words), false);
    } catch (const comm::SharedError& error) {
        tell(error.exit_code(), false);
        if (error.kind() != Failure::stopped) throw;
        if (world.is_root()) core::print_stderr("{}: {}\n", program.name, error.what());
        return error.exit_code();
    } catch (const core::Error& error) {
        // Ranks that could not agree have lost each other.
        tell(error.exit_code(), error.kind() == Failure::run && world.size() > 1);
        throw;
    } catch (const std::exception&) {
        tell(static_cast<int>(Failure::run), false);
        throw;
    }
}

/// What a signal's own thread calls it.
std::string_view name_of_this_program;

/// Asked to stop while data load, say. Other ranks may wait for this one in a transfer, which no rank can leave by
/// itself: their launcher ends them, or who guards their start.
void leave_before_training(const std::string& signal) {
    const auto launch = comm::detect_launch([](const char* name) { return std::getenv(name); });
    // With a SIGTERM mpirun ends the others when one rank has failed: then it is not this rank that knows why.
    const bool is_asked = signal != "SIGTERM" || !launch.is_one_of_several() || launch.recovers;
    const int code = static_cast<int>(Failure::stopped);
    if (is_asked) {
        if (comm::is_first_process()) {
            core::print_stderr(
                "{}: stopped by {} before there was anything to save; nothing has changed: start it again with the "
                "same command\n",
                name_of_this_program, comm::asked_by(signal));
        }
        comm::leave_status(code);
    }
    store::abandon_temporaries();
    std::_Exit(code);
}

int run_ranks(const Program& program, int argc, char** argv) {
    name_of_this_program = program.name;
    // Each reader of our output may leave early, each file reach its limit: that is told where it is written.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    watch_for_signals(leave_before_training);
    const auto words = std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1);
    bool began = false;
    const int code = comm::run_ranks(
        argc, argv,
        [&](const comm::Communicator& world) {
            began = true;
            return run_and_tell(program, world, words);
        },
        [&](const std::string& message) { core::print_stderr("{}: error: {}\n", program.name, message); });
    if (!began && comm::is_first_process()) comm::leave_status(code);
    return code;
}

void tell(const Program& program, const std::exception& error) noexcept {
    if (!comm::is_first_process()) return;
    comm::leave_status(static_cast<int>(Failure::run));
    try {
        core::print_stderr("{}: error: {}\n", program.name, core::reason(error));
    } catch (const std::bad_alloc&) {
        core::print_stderr("{}: error: there is not enough memory\n", program.name);
    }
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) noexcept {
    occupy_standard_streams();
    if (std::getenv("ENSEMBLE_RECOVERY_PROBE") != nullptr) return comm::outlive_a_rank(argc, argv);
    try {
        return run_ranks(program, argc, argv);
    } catch (const std::exception& error) {  // no thread, no memory
        tell(program, error);
        return static_cast<int>(Failure::run);
    }
}

}  // namespace ensemble::run
