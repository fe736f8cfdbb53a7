#include "run/interrupt.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <pthread.h>

#include "comm/launcher.hpp"

namespace run {
namespace {

using Clock = std::chrono::steady_clock;

/// The process has one set of signals, so this is one for the process.
std::atomic<int> received{0};

std::atomic<bool> ends_at_first{false};

/// Launchers may deliver the same request twice, to the group and to the process.
constexpr std::chrono::milliseconds same_request(200);

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, number);
    return set;
}

[[noreturn]] void end_by(int number) {
    std::signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    std::raise(number);
    std::_Exit(128 + number);
}

void watch() {
    const sigset_t set = stop_signals();
    Clock::time_point since;
    while (true) {
        int number = 0;
        if (sigwait(&set, &number) != 0) continue;
        if (ends_at_first) end_by(number);
        const int before = received.load();
        // A time limit is announced by SIGUSR1 and followed by SIGTERM; neither insists.
        if (before == 0 || (before == SIGUSR1 && number != SIGUSR1)) {
            received = number;
            since = Clock::now();
        } else if (number != SIGUSR1 && Clock::now() - since > same_request) {
            end_by(number);
        }
    }
}

}  // namespace

void watch_for_signals() {
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread(watch).detach();
    const auto launch = comm::detect_launch([](const char* name) { return std::getenv(name); });
    if (launch.is_one_of_several()) prctl(PR_SET_PDEATHSIG, SIGTERM);
}

std::string signal_received() {
    switch (received.load(std::memory_order_relaxed)) {
        case 0:
            return "";
        case SIGTERM:
            return "SIGTERM";
        case SIGINT:
            return "SIGINT";
        default:
            return "SIGUSR1";
    }
}

void end_at_first_signal() {
    ends_at_first = true;
    if (const int number = received.load(); number != 0) end_by(number);
}

void forget_signals() {
    received = 0;
}

}  // namespace run
