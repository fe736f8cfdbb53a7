#include "comm/deadline.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(deadline_tests)

using comm::Deadline;
using Seconds = std::chrono::duration<double>;

namespace {

constexpr double for_ever_s = 3600;

/// Some nanoseconds, as many as `turn` says.
void spin(std::uint32_t turn) {
    for (std::uint32_t i = 0; i < turn; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Until `count` is more than `passed`: awake, or else the moment is over, but not for long on a busy machine.
void await(const std::atomic<std::uint32_t>& count, std::uint32_t passed) {
    constexpr std::uint32_t looks_at_once = 1000;
    for (std::uint32_t look = 1; count.load(std::memory_order_acquire) <= passed; ++look) {
        if (look % looks_at_once == 0) std::this_thread::yield();
    }
}

}  // namespace

// Some end before their thread has begun to wait, some after.
BOOST_AUTO_TEST_CASE(a_deadline_that_is_met_never_acts) {
    std::atomic<int> acted{0};
    for (std::uint32_t turn = 0; turn < 100'000; ++turn) {
        const Deadline deadline(for_ever_s, [&] { ++acted; });
        spin(turn % 16384);
    }
    BOOST_TEST(acted == 0);
}

// The request comes just when the thread begins to wait.
BOOST_AUTO_TEST_CASE(a_request_to_stop_is_always_seen) {
    constexpr std::uint32_t turns = 50'000;
    std::atomic<std::uint32_t> begun{0};
    std::atomic<std::uint32_t> missed{0};
    std::vector<std::stop_source> sources(turns);
    std::jthread waiter([&] {
        for (std::uint32_t turn = 0; turn < turns; ++turn) {
            const std::stop_token stop = sources[turn].get_token();
            begun.store(turn + 1, std::memory_order_release);
            if (!comm::stops_within(stop, Seconds(for_ever_s))) ++missed;
        }
    });
    for (std::uint32_t turn = 0; turn < turns; ++turn) {
        await(begun, turn);
        spin(turn % 256);
        sources[turn].request_stop();
    }
    waiter.join();
    BOOST_TEST(missed == 0U);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_missed_acts) {
    std::atomic<bool> acted{false};
    const Deadline deadline(0.01, [&] {
        acted = true;
        acted.notify_all();
    });
    acted.wait(false);
    BOOST_TEST(acted);
    BOOST_TEST(!comm::stops_within(std::stop_source().get_token(), Seconds(0.001)));
}

// Stopped for longer than the limit of each: what they wait for has stood still as well.
BOOST_AUTO_TEST_CASE(time_in_which_the_process_was_stopped_does_not_count) {
    constexpr int expired = 9;
    const pid_t child = ::fork();
    if (child == 0) {
        const Deadline deadline(2.5, [] { ::_exit(expired); });
        comm::Patience patience(2.5);
        ::raise(SIGSTOP);
        ::_exit(patience.is_over() ? expired : 0);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    BOOST_TEST_REQUIRE(WIFSTOPPED(status));
    std::this_thread::sleep_for(Seconds(2.7));
    ::kill(child, SIGCONT);
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

// Whatever has held it up: one turn is as long as a turn may be.
BOOST_AUTO_TEST_CASE(patience_counts_no_turn_as_longer_than_it_may_be) {
    comm::Patience patience(1, 0.3);
    for (int turn = 0; turn < 3; ++turn) {
        std::this_thread::sleep_for(Seconds(0.4));
        BOOST_TEST(!patience.is_over());
    }
    std::this_thread::sleep_for(Seconds(0.4));
    BOOST_TEST(patience.is_over());
}

BOOST_AUTO_TEST_SUITE_END()
