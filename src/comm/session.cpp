#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "comm/backend.hpp"
#include "comm/deadline.hpp"
#include "comm/launcher.hpp"
#include "comm/mpi_check.hpp"
#include "comm/start_guard.hpp"
#include "comm/status_file.hpp"
#include "core/contract.hpp"

namespace ensemble::comm {
namespace {

Launch this_launch() {
    return detect_launch([](const char* name) { return std::getenv(name); });
}

/// MPI ends when all ranks have come to its end, and may wait for one that is killed on this last way; by then
/// everything is written and told, so nothing is lost by leaving. Who has left before the others has nothing to wait
/// for.
constexpr double longest_end_s = 20;
constexpr double longest_end_without_others_s = 3;

/// Nothing else can end a start in which another rank has died.
void end_start() {
    const bool speaks = this_launch().index.value_or(0) == 0;
    give_up(fmt::format("MPI has not started within {:.0f} s: a rank has died in its start, or the hosts cannot reach "
                        "each other (ENSEMBLE_START_LIMIT gives more seconds)",
                        start_limit_s()),
            speaks ? Voice::speaks : Voice::silent);
}

/// Where ranks are not ended by the launcher when one of them dies.
std::jthread guard_of_start(const Launch& launch) {
    const char* here = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    if (!launch.keeps_survivors || here == nullptr) return {};
    return guard_start(static_cast<int>(std::strtol(here, nullptr, 10)));
}

}  // namespace

Session::Session(int& argc, char**& argv)
    : exceptions_at_start_(std::uncaught_exceptions()), world_(Communicator::local()) {
    const Launch launch = this_launch();
    refuse_before_start(launch);
    if (!launch.is_one_of_several()) return;
    // Open MPI's own waiting, in transfers, shall leave the core to others; costs nothing where ranks have cores.
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 1);
    int provided = MPI_THREAD_SINGLE;
    const Deadline deadline(start_limit_s(), end_start);
    auto guard = guard_of_start(launch);
    check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    try {
        core::require(provided >= MPI_THREAD_FUNNELED, "MPI allows threads that do not call it");
        int size = 0;
        check(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
        refuse_lonely_world(launch, size);
        backend_ = make_mpi_backend(default_chunk, std::move(guard));
    } catch (const core::Error& error) {
        guard = {};
        if (error.kind() == core::Failure::usage) MPI_Finalize();  // the others are not of this world
        throw;
    }
    world_ = Communicator(backend_);
    uses_mpi_ = true;
}

Session::~Session() {
    if (!uses_mpi_) return;
    const bool unwinding = std::uncaught_exceptions() > exceptions_at_start_;
    if (unwinding && !backend_->leaving_together()) return;
    try {
        backend_->close();
    } catch (const std::exception&) {
        return;  // a failed farewell: leave as with any other error
    }
    const double limit_s = backend_->has_parted() ? longest_end_without_others_s : longest_end_s;
    std::optional<Deadline> deadline;
    try {
        deadline.emplace(limit_s, [code = exit_code_] {
            static_cast<void>(std::fflush(nullptr));
            std::_Exit(code);
        });
    } catch (const core::Error&) {
        // No room for its thread: the end has no limit then.
    }
    MPI_Finalize();
}

bool is_first_process() {
    return this_launch().index.value_or(0) == 0;
}

int run_ranks(int argc, char** argv, const std::function<int(const Communicator&)>& body,
              const std::function<void(const std::string&)>& report) {
    try {
        Session session(argc, argv);
        Communicator world = session.world();
        try {
            const int code = body(world);
            session.leaves_with(code);
            return code;
        } catch (const SharedError& error) {
            if (world.is_root()) report(error.what());
            session.leaves_with(error.exit_code());
            return error.exit_code();
        } catch (const core::Error& error) {
            report(error.what());
            if (world.size() > 1) world.abort(error.exit_code());
            return error.exit_code();
        } catch (const std::exception& error) {
            report(fmt::format("rank {} on {}: {}", world.rank(), world.host(), core::reason(error)));
            const int code = static_cast<int>(core::Failure::run);
            if (world.size() > 1) world.abort(code);
            return code;
        }
    } catch (const core::Error& error) {
        if (is_first_process()) report(error.what());
        return error.exit_code();
    } catch (const std::exception& error) {  // memory, say
        if (is_first_process()) report(core::reason(error));
        return static_cast<int>(core::Failure::run);
    }
}

}  // namespace ensemble::comm
