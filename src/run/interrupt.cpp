#include "run/interrupt.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <pthread.h>

#include "comm/launcher.hpp"

namespace ensemble::run {
namespace {

/// A signal that asks for a stop.
struct StopSignal {
    int number;
    const char* name;
    bool insists;        ///< a second one ends the process
    bool stays_ignored;  ///< where it was ignored at the start
};

/// A time limit is announced by SIGUSR1, and a terminal that closes may send SIGHUP twice, from the system and from its
/// shell: neither insists.
constexpr std::array stop_signals{
    StopSignal{SIGTERM, "SIGTERM", true, false}, StopSignal{SIGINT, "SIGINT", true, false},
    StopSignal{SIGUSR1, "SIGUSR1", false, false}, StopSignal{SIGHUP, "SIGHUP", false, true},
    StopSignal{SIGXCPU, "SIGXCPU", false, true}};

// The process has one set of signals, so these are one for the process.
std::atomic<int> received{0};
std::mutex mutex;  ///< of the next two: who leaves has decided so before there was something to keep
bool is_noting = false;
Leave leaves = nullptr;

/// Launchers may deliver the same request twice, to the group and to the process.
constexpr std::chrono::milliseconds same_request(200);

const StopSignal& stop_signal(int number) {
    return *std::ranges::find(stop_signals, number, &StopSignal::number);
}

bool is_ignored(int number) {
    struct sigaction action {};
    return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const StopSignal& signal : stop_signals) {
        if (!(signal.stays_ignored && is_ignored(signal.number))) sigaddset(&set, signal.number);
    }
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

/// False if it asks for nothing that was not asked for before.
bool note(int number) {
    const int before = received.load();
    const bool is_new = before == 0 || (!stop_signal(before).insists && stop_signal(number).insists);
    if (is_new) received = number;
    return is_new;
}

/// One that has come and was not taken yet; 0 if there is none.
int take_pending(const sigset_t& set) {
    constexpr timespec at_once{};
    int number = 0;
    do number = ::sigtimedwait(&set, nullptr, &at_once);
    while (number < 0 && errno == EINTR);
    return std::max(number, 0);
}

/// What has come by the end of a pause belongs to the same request, however late this thread gets to see it: on a busy
/// machine the time between two looks says nothing of the time between two signals.
void take_same_request(const sigset_t& set) {
    bool is_new = true;
    while (is_new) {
        std::this_thread::sleep_for(same_request);
        is_new = false;
        while (const int number = take_pending(set)) is_new = note(number) || is_new;
    }
}

void watch(sigset_t set) {
    while (true) {
        int number = 0;
        if (sigwait(&set, &number) != 0) continue;
        const StopSignal& signal = stop_signal(number);
        {
            const std::lock_guard lock(mutex);
            if (!is_noting) leaves(signal.name);
        }
        if (note(number)) {
            take_same_request(set);
        } else if (signal.insists) {
            end_by(number);
        }
    }
}

}  // namespace

void watch_for_signals(Leave leave) {
    {
        const std::lock_guard lock(mutex);  // tests call this again and again in one process
        leaves = leave;
        is_noting = leave == nullptr;
    }
    const sigset_t set = watched_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread(watch, set).detach();
    const auto launch = comm::detect_launch([](const char* name) { return std::getenv(name); });
    if (launch.is_one_of_several()) prctl(PR_SET_PDEATHSIG, SIGTERM);
}

void note_signals() {
    const std::lock_guard lock(mutex);
    is_noting = true;
}

std::string signal_received() {
    const int number = received.load(std::memory_order_relaxed);
    return number == 0 ? "" : stop_signal(number).name;
}

void forget_signals() {
    received = 0;
}

}  // namespace ensemble::run
