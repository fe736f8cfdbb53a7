#include "comm/start_guard.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "family.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(start_guard_tests)

namespace fs = std::filesystem;
using family::code_of;
using family::launch;
using family::until;
using std::chrono::milliseconds;

namespace {

constexpr int for_ever = std::numeric_limits<int>::max();
constexpr int ended_start = 4;
constexpr int healthy = 0;
constexpr int all_is_well = 7;

/// A rank of three with a guard, which waits for the others of its start.
pid_t start_rank(int quiet_looks) {
    return family::start([=] {
        const auto guard = comm::guard_start(3, {.interval = milliseconds(5), .quiet_looks = quiet_looks});
        std::this_thread::sleep_for(family::at_most);
        return healthy;
    });
}

/// The guard of `rank` holds on to `other`.
bool has_seen(pid_t rank, pid_t other) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fdinfo", rank), ignored)) {
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
            if (line == fmt::format("Pid:\t{}", other)) return true;
    }
    return false;
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
    BOOST_TEST(launch([] {
                   const pid_t one = start_rank(for_ever);
                   const pid_t two = start_rank(for_ever);
                   const pid_t three = start_rank(for_ever);
                   if (!until([&] { return has_seen(one, two) && has_seen(three, two); })) return 1;
                   ::kill(two, SIGKILL);  // and stays a zombie
                   const bool both_left = code_of(one) == ended_start && code_of(three) == ended_start;
                   return both_left ? all_is_well : 2;
               }) == all_is_well);
    BOOST_TEST(status.text() == "4 again");
}

BOOST_AUTO_TEST_CASE(a_rank_that_was_dead_before_anybody_saw_it_is_not_waited_for) {
    const StatusFile status;
    constexpr int some_looks = 20;
    BOOST_TEST(launch([] {
                   const pid_t one = start_rank(some_looks);
                   const pid_t two = start_rank(some_looks);
                   const bool both_left = code_of(one) == ended_start && code_of(two) == ended_start;
                   return both_left ? all_is_well : 1;
               }) == all_is_well);
    BOOST_TEST(status.text() == "4 again");
}

BOOST_AUTO_TEST_CASE(no_guard_where_no_launcher_is_the_parent) {
    BOOST_TEST(!comm::guard_start(3, {}).joinable());
}

BOOST_AUTO_TEST_SUITE_END()
