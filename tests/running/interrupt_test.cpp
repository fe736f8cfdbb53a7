#include "run/interrupt.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/stopwatch.hpp"
#include "data/source.hpp"
#include "run/experiment.hpp"

BOOST_AUTO_TEST_SUITE(interrupt_tests)

using namespace run;

namespace {

void sleep_ms(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// What becomes of a process that watches for signals and is sent these, one after the other.
int status_after(std::initializer_list<int> signals, int pause_ms, Leave leave = nullptr) {
    int ready[2];
    BOOST_TEST_REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        watch_for_signals(leave);
        static_cast<void>(::write(ready[1], "x", 1) < 0);
        sleep_ms(2000);
        std::_Exit(signal_received().empty() ? 1 : 75);
    }
    char letter = 0;
    BOOST_TEST_REQUIRE(::read(ready[0], &letter, 1) == 1);
    for (const int signal : signals) {
        ::kill(child, signal);
        sleep_ms(pause_ms);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    return status;
}

bool stopped_in_order(int status) {
    return WIFEXITED(status) && WEXITSTATUS(status) == 75;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_signal_is_noted_and_the_second_ends_the_process) {
    BOOST_TEST(stopped_in_order(status_after({SIGTERM}, 0)));
    BOOST_TEST(stopped_in_order(status_after({SIGINT}, 0)));
    const int twice = status_after({SIGINT, SIGINT}, 400);
    BOOST_TEST((WIFSIGNALED(twice) && WTERMSIG(twice) == SIGINT));
    const int both = status_after({SIGUSR1, SIGTERM, SIGTERM}, 400);
    BOOST_TEST((WIFSIGNALED(both) && WTERMSIG(both) == SIGTERM));
}

BOOST_AUTO_TEST_CASE(the_first_ends_what_has_nothing_to_keep) {
    const auto leave = [](const std::string& signal) { std::_Exit(signal.starts_with("SIG") ? 33 : 34); };
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGXCPU}) {
        const int status = status_after({signal}, 0, leave);
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
    BOOST_TEST(stopped_in_order(status_after({SIGTERM, SIGTERM}, 1)));  // delivered twice by a launcher
    BOOST_TEST(stopped_in_order(status_after({SIGUSR1, SIGUSR1}, 400)));
    BOOST_TEST(stopped_in_order(status_after({SIGUSR1, SIGTERM}, 400)));
    BOOST_TEST(stopped_in_order(status_after({SIGHUP, SIGHUP}, 400)));  // from the system, and from its shell
    BOOST_TEST(stopped_in_order(status_after({SIGTERM, SIGHUP}, 400)));
}

/// oneDNN's kernels use the stack pointer for other things: a handler on their thread destroys the heap.
BOOST_AUTO_TEST_CASE(signals_at_any_moment_of_training_change_nothing) {
    Options options;
    options.data = "digits:train=1000,test=50";
    options.net = "dense(128) relu dropout(0.2) dense(64) relu";
    options.training.epochs = 30;
    const Experiment experiment(options, load_data(options));
    const auto train = [&] {
        train::Trainer trainer(experiment.network(), experiment.options().training, experiment.problem(), 0);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        return trainer.state().parameters;
    };
    const auto quiet = train();
    watch_for_signals();
    BOOST_TEST(signal_received().empty());
    std::atomic<bool> done{false};
    std::thread sender([&] {
        while (!done) {
            ::kill(::getpid(), SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    });
    const auto disturbed = train();
    done = true;
    sender.join();
    BOOST_TEST(signal_received() == "SIGUSR1");
    BOOST_TEST((disturbed == quiet));
    forget_signals();
    BOOST_TEST(signal_received().empty());
}

BOOST_AUTO_TEST_SUITE_END()
