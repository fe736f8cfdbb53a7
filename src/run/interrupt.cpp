#include "run/interrupt.hpp"

#include <atomic>
#include <csignal>
#include <ctime>

namespace run {
namespace {

/// A handler has nowhere else to leave a note.
std::atomic<int> first_signal{0};
std::atomic<long long> first_ms{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<long long>::is_always_lock_free);

/// Launchers may deliver the same request twice, to the group and to the process.
constexpr long long same_request_ms = 200;

long long now_ms() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

}  // namespace

extern "C" {
static void note_signal(int number) {
    int none = 0;
    if (first_signal.compare_exchange_strong(none, number)) {
        first_ms = now_ms();
        return;
    }
    // A time limit is announced by SIGUSR1 and followed by SIGTERM; that one insists on nothing yet.
    if (number == SIGUSR1 || now_ms() - first_ms < same_request_ms) return;
    if (none == SIGUSR1) {
        first_signal = number;
        first_ms = now_ms();
        return;
    }
    std::signal(number, SIG_DFL);
    std::raise(number);
}
}

void watch_for_signals() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
}

std::string signal_received() {
    switch (first_signal.load(std::memory_order_relaxed)) {
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

void forget_signals() {
    first_signal = 0;
}

}  // namespace run
