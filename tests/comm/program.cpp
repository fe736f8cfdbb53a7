// A program that behaves, or misbehaves, as its first argument says; process_test.py looks at it from outside.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "comm/backoff.hpp"
#include "comm/communicator.hpp"
#include "core/error.hpp"
#include "core/stopwatch.hpp"

using namespace ensemble;

namespace {

using comm::Communicator;
using Behaviour = int (*)(Communicator&);

void sleep_s(double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

double processor_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Says who it is, and whether MPI has been started: it loads components and keeps threads.
int hello(Communicator& world) {
    std::ifstream maps("/proc/self/maps");
    std::stringstream text;
    text << maps.rdbuf();
    const bool components = text.str().find("mca_pml") != std::string::npos;
    const auto threads = std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
    std::printf("rank %d of %d components %d threads %d\n", world.rank(), world.size(), components ? 1 : 0,
                static_cast<int>(threads));
    return 0;
}

int shared_error(Communicator& world) {
    world.run_everywhere([&] {
        if (world.is_root()) core::fail(core::Failure::data, "file train.idx is missing");
    });
    return 0;
}

int lonely_error(Communicator& world) {
    if (world.rank() == 1) core::fail(core::Failure::data, "member 7 is damaged");
    world.barrier();
    return 0;
}

int foreign_exception(Communicator& world) {
    if (world.rank() == 1) throw std::runtime_error("vector is too long");
    world.barrier();
    return 0;
}

int late_message(Communicator& world) {
    constexpr std::size_t size = std::size_t{8} << 20U;
    if (world.is_root()) {
        world.send(1, 1, std::vector<std::byte>(size));
    } else {
        sleep_s(0.5);
        comm::Backoff backoff;
        for (;;) {
            if (const auto message = world.poll()) return message->bytes.size() == size ? 0 : 1;
            backoff.pause();
        }
    }
    return 0;
}

int unread_message(Communicator& world) {
    if (world.is_root()) world.send(1, 1, std::vector<std::byte>(std::size_t{8} << 20U));
    return 0;
}

/// All but the last rank wait in each kind of collective for one that comes late.
int wait_for_a_sleeper(Communicator& world) {
    world.barrier();
    const core::Stopwatch clock;
    const double before = processor_s();
    std::vector<std::byte> bytes(1000);
    std::vector<std::int64_t> sums(1000);
    const bool late = world.rank() == world.size() - 1;
    const auto come = [&] {
        if (late) sleep_s(0.5);
    };
    come();
    world.barrier();
    come();
    world.broadcast(bytes);
    come();
    world.reduce_sum(sums);
    come();
    world.throw_if_any_failed(std::nullopt);
    std::printf("waited %.3f s, used %.3f s\n", clock.seconds(), processor_s() - before);
    return 0;
}

int share_64_mebibytes(Communicator& world) {
    std::vector<std::byte> bytes;
    if (world.is_root()) bytes.assign(std::size_t{64} << 20U, std::byte{9});
    const comm::NodeBytes shared = world.share_on_nodes(bytes);
    std::size_t right = 0;
    for (const std::byte byte : shared.bytes) right += byte == std::byte{9} ? 1 : 0;
    std::printf("right %zu shared %d\n", right, shared.shared ? 1 : 0);
    return 0;
}

const std::map<std::string, Behaviour> behaviours{
    {"hello", hello},
    {"shared_error", shared_error},
    {"lonely_error", lonely_error},
    {"foreign_exception", foreign_exception},
    {"late_message", late_message},
    {"unread_message", unread_message},
    {"wait_for_a_sleeper", wait_for_a_sleeper},
    {"share_64_mebibytes", share_64_mebibytes},
};

/// Without run_ranks: the exception of one rank, or of all, destroys the session on its way out.
int leave_by_exception(int argc, char** argv, Behaviour behaviour) {
    try {
        comm::Session session(argc, argv);
        Communicator world = session.world();
        return behaviour(world);
    } catch (const core::Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return error.exit_code();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    const Behaviour behaviour = behaviours.at(argv[1]);
    if (argc > 2 && std::strcmp(argv[2], "unguarded") == 0) return leave_by_exception(argc, argv, behaviour);
    return comm::run_ranks(
        argc, argv, [&](Communicator world) { return behaviour(world); },
        [](const std::string& message) { std::fprintf(stderr, "error: %s\n", message.c_str()); });
}
