#include "comm/start_guard.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(start_guard_tests)

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr comm::GuardRules rules{.interval = milliseconds(5), .quiet_looks = 40};
constexpr int ended_start = 4;
constexpr int healthy = 0;

void nap(int ms) {
    std::this_thread::sleep_for(milliseconds(ms));
}

/// What a launcher goes through, in a process of its own that has a launcher's name and some ranks, each with a guard.
class Launcher {
public:
    explicit Launcher(int ranks) : ranks_(ranks) { ::prctl(PR_SET_NAME, "mpirun"); }

    /// A rank that is well if nothing happens to it for `ms`.
    pid_t start(int ms) const {
        const pid_t rank = ::fork();
        if (rank != 0) return rank;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const auto guard = comm::guard_start(ranks_, rules);
        nap(ms);
        ::_exit(healthy);
    }

    [[nodiscard]] static int code_of(pid_t rank) {
        int status = 0;
        ::waitpid(rank, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }

private:
    int ranks_;
};

/// Runs `story` as a launcher; what it returns. `after_stop` ms after it has stopped itself it goes on.
template <class Story>
int launch(int ranks, Story story, int after_stop = 0) {
    const pid_t launcher = ::fork();
    if (launcher == 0) ::_exit(story(Launcher(ranks)));
    int status = 0;
    while (::waitpid(launcher, &status, WUNTRACED) == launcher && WIFSTOPPED(status)) {
        nap(after_stop);
        ::kill(launcher, SIGCONT);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct StatusFile {
    std::string path = (fs::temp_directory_path() / ("start_guard_" + std::to_string(::getpid()))).string();
    StatusFile() { ::setenv("ENSEMBLE_STATUS_FILE", path.c_str(), 1); }
    ~StatusFile() {
        ::unsetenv("ENSEMBLE_STATUS_FILE");
        fs::remove(path);
    }
    [[nodiscard]] std::string text() const {
        std::string line;
        std::ifstream file(path);
        std::getline(file, line);
        return line;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_rank_that_is_killed_ends_the_start_of_the_others) {
    const StatusFile status;
    BOOST_TEST(launch(3, [](const Launcher& launcher) {
                   const pid_t one = launcher.start(20'000);
                   const pid_t two = launcher.start(20'000);
                   const pid_t three = launcher.start(20'000);
                   nap(300);
                   ::kill(two, SIGKILL);  // and stays a zombie
                   const bool both_left =
                       Launcher::code_of(one) == ended_start && Launcher::code_of(three) == ended_start;
                   return both_left ? 7 : 8;
               }) == 7);
    BOOST_TEST(status.text() == "4 again");
}

BOOST_AUTO_TEST_CASE(a_rank_that_was_dead_before_anybody_saw_it_is_not_waited_for) {
    const StatusFile status;
    BOOST_TEST(launch(3, [](const Launcher& launcher) {
                   const pid_t one = launcher.start(20'000);
                   const pid_t two = launcher.start(20'000);
                   return Launcher::code_of(one) == ended_start && Launcher::code_of(two) == ended_start ? 7 : 8;
               }) == 7);
    BOOST_TEST(status.text() == "4 again");
}

// Stopped for many times as long as a quiet launcher is waited for.
BOOST_AUTO_TEST_CASE(ranks_may_come_late_while_the_launcher_is_stopped) {
    const StatusFile status;
    BOOST_TEST(launch(
                   2,
                   [](const Launcher& launcher) {
                       const pid_t one = launcher.start(2500);
                       ::raise(SIGSTOP);
                       const pid_t two = launcher.start(20'000);
                       const bool is_well = Launcher::code_of(one) == healthy;
                       ::kill(two, SIGKILL);
                       return is_well ? 7 : 8;
                   },
                   1500) == 7);
}

BOOST_AUTO_TEST_CASE(ranks_may_come_late_while_the_launcher_works) {
    BOOST_TEST(launch(2, [](const Launcher& launcher) {
                   const pid_t one = launcher.start(1500);
                   const auto end = std::chrono::steady_clock::now() + milliseconds(1400);
                   while (std::chrono::steady_clock::now() < end) continue;
                   return Launcher::code_of(one) == healthy ? 7 : 8;
               }) == 7);
}

BOOST_AUTO_TEST_CASE(no_guard_where_no_launcher_is_the_parent) {
    BOOST_TEST(!comm::guard_start(3, rules).joinable());
}

BOOST_AUTO_TEST_SUITE_END()
