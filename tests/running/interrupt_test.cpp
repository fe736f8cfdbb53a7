#include "run/interrupt.hpp"
#include "train/trainer.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iterator>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "config/experiment.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(interrupt_tests)

using namespace run;

namespace {

void sleep_ms(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// For what is noted at once, on whatever machine.
constexpr int patience_ms = 60'000;

/// How the signals come: with a pause in between, or while the process is stopped, so that it finds them together; or
/// the last one again and again, until it ends the process.
enum class Coming : std::uint8_t { apart, together, insisting };

/// A zombie is not.
bool is_there(pid_t child) {
    siginfo_t end{};
    ::waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOHANG | WNOWAIT);
    return end.si_pid == 0;
}

/// What becomes of a process that watches for signals and is sent these. It says when it watches, goes on until nobody
/// holds the other end of a pipe any more, and ends in order once it has noted a signal.
int status_after(std::initializer_list<int> signals, Coming coming, Leave leave = nullptr) {
    int ready[2];
    int over[2];
    BOOST_TEST_REQUIRE((::pipe(ready) == 0 && ::pipe(over) == 0));
    const pid_t child = ::fork();
    char letter = 0;
    if (child == 0) {
        ::close(over[1]);
        watch_for_signals(leave);
        static_cast<void>(::write(ready[1], "x", 1) < 0);
        static_cast<void>(::read(over[0], &letter, 1) < 0);
        for (int ms = 0; ms < patience_ms && signal_received().empty(); ++ms) sleep_ms(1);
        std::_Exit(signal_received().empty() ? 1 : 75);
    }
    BOOST_TEST_REQUIRE(::read(ready[0], &letter, 1) == 1);
    int status = 0;
    if (coming == Coming::together) {
        ::kill(child, SIGSTOP);
        ::waitpid(child, &status, WUNTRACED);
    }
    for (const int signal : signals) {
        ::kill(child, signal);
        if (coming == Coming::apart && signals.size() > 1) sleep_ms(400);
    }
    // A busy machine may bring it together with the one before.
    for (int ms = 0; coming == Coming::insisting && ms < patience_ms && is_there(child); ms += 400) {
        ::kill(child, *std::prev(signals.end()));
        sleep_ms(400);
    }
    if (coming == Coming::together) ::kill(child, SIGCONT);
    ::close(over[1]);
    ::waitpid(child, &status, 0);
    for (const int end : {ready[0], ready[1], over[0]}) ::close(end);
    return status;
}

bool stopped_in_order(int status) {
    return WIFEXITED(status) && WEXITSTATUS(status) == 75;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_signal_is_noted_and_the_second_ends_the_process) {
    using enum Coming;
    BOOST_TEST(stopped_in_order(status_after({SIGTERM}, apart)));
    BOOST_TEST(stopped_in_order(status_after({SIGINT}, apart)));
    const int twice = status_after({SIGINT, SIGINT}, insisting);
    BOOST_TEST((WIFSIGNALED(twice) && WTERMSIG(twice) == SIGINT));
    const int both = status_after({SIGUSR1, SIGTERM, SIGTERM}, insisting);
    BOOST_TEST((WIFSIGNALED(both) && WTERMSIG(both) == SIGTERM));
}

BOOST_AUTO_TEST_CASE(the_first_ends_what_has_nothing_to_keep) {
    const auto leave = [](const std::string& signal) { std::_Exit(signal.starts_with("SIG") ? 33 : 34); };
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGXCPU}) {
        const int status = status_after({signal}, Coming::apart, leave);
        BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 33));
    }
}

BOOST_AUTO_TEST_CASE(the_first_is_noted_once_there_is_something_to_keep) {
    const pid_t child = ::fork();
    if (child == 0) {
        watch_for_signals([](const std::string&) { std::_Exit(33); });
        note_signals();
        ::kill(::getpid(), SIGHUP);
        while (signal_received().empty()) sleep_ms(1);
        std::_Exit(signal_received() == "SIGHUP" ? 75 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(stopped_in_order(status));
}

/// As under nohup.
BOOST_AUTO_TEST_CASE(what_is_ignored_at_the_start_stays_ignored) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGHUP, SIG_IGN);
        watch_for_signals();
        ::kill(::getpid(), SIGHUP);
        ::kill(::getpid(), SIGTERM);
        while (signal_received().empty()) sleep_ms(1);
        sleep_ms(20);
        std::_Exit(signal_received() == "SIGTERM" ? 75 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(stopped_in_order(status));
}

BOOST_AUTO_TEST_CASE(what_insists_on_nothing_does_not_end_it) {
    using enum Coming;
    BOOST_TEST(stopped_in_order(status_after({SIGINT, SIGTERM}, together)));  // a launcher adds its own to a key's
    BOOST_TEST(stopped_in_order(status_after({SIGUSR1, SIGUSR1}, apart)));
    BOOST_TEST(stopped_in_order(status_after({SIGUSR1, SIGTERM}, apart)));
    BOOST_TEST(stopped_in_order(status_after({SIGHUP, SIGHUP}, apart)));  // from the system, and from its shell
    BOOST_TEST(stopped_in_order(status_after({SIGTERM, SIGHUP}, apart)));
}

/// A process that has noted a signal is stopped before it sees that the same request brings another one, and for long.
BOOST_AUTO_TEST_CASE(one_request_stays_one_however_late_it_is_seen) {
    int status = 0;
    bool is_one = false;
    for (int attempt = 0; attempt < 5 && !is_one; ++attempt) {  // on a busy machine it may not be stopped in time
        const pid_t child = ::fork();
        if (child == 0) {
            watch_for_signals();
            ::kill(::getpid(), SIGINT);
            while (signal_received().empty()) continue;
            sleep_ms(5);  // whoever has noted it waits for the next one
            ::raise(SIGSTOP);
            sleep_ms(20);
            std::_Exit(75);
        }
        ::waitpid(child, &status, WUNTRACED);
        ::kill(child, SIGTERM);
        sleep_ms(300);
        ::kill(child, SIGCONT);
        ::waitpid(child, &status, 0);
        is_one = stopped_in_order(status);
    }
    BOOST_TEST(is_one);
}

/// oneDNN's kernels use the stack pointer for other things: a handler on their thread destroys the heap.
BOOST_AUTO_TEST_CASE(signals_at_any_moment_of_training_change_nothing) {
    config::Options options;
    options.data = "digits:train=1000,test=50";
    options.nets = {"dense(128) relu dropout(0.2) dense(64) relu"};
    options.training.epochs = 30;
    const config::Experiment experiment(options, config::load_data(options));
    const auto train = [&] {
        train::Trainer trainer(experiment.networks().front(), experiment.options().training,
                               experiment.member(0).problem, 0);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        return trainer.state().parameters;
    };
    const auto quiet = train();
    watch_for_signals();
    BOOST_TEST(signal_received().empty());
    std::atomic<bool> done{false};
    std::thread sender([&] {
        do {
            ::kill(::getpid(), SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        } while (!done);
    });
    const auto disturbed = train();
    done = true;
    sender.join();
    for (int ms = 0; ms < patience_ms && signal_received().empty(); ++ms) sleep_ms(1);
    BOOST_TEST(signal_received() == "SIGUSR1");
    BOOST_TEST((disturbed == quiet));
    forget_signals();
    BOOST_TEST(signal_received().empty());
}

BOOST_AUTO_TEST_SUITE_END()
