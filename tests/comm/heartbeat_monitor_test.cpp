#include "comm/heartbeat_monitor.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(heartbeat_monitor_tests)

using comm::HeartbeatMonitor;
using comm::RankFailure;
namespace fs = std::filesystem;

namespace {

constexpr double dead_after_s = 0.4;

/// What is waited for comes at once, or as late as a busy machine likes; only what hangs takes as long.
constexpr double hang_s = 300;

/// Of those whom a busy machine may hold up longer than is left to them, once is enough.
constexpr int attempts = 5;

struct Folder {
    fs::path path;
    explicit Folder(const std::string& name = "heartbeat_monitor_test")
        : path(fs::temp_directory_path() / (name + "_" + std::to_string(::getpid()))) {
        fs::create_directories(path);
    }
    ~Folder() { fs::remove_all(path); }
};

/// A process that keeps its own monitor as that rank, from before anybody else has a thread, and the names of both
/// ranks.
struct Pair {
    pid_t child = 0;
    std::vector<std::string> names{comm::process_name(), ""};

    Pair(const fs::path& folder, int rank, HeartbeatMonitor::Rules rules) {
        int ends[2];
        BOOST_TEST_REQUIRE(::pipe(ends) == 0);
        child = ::fork();
        if (child == 0) {
            names = {"", comm::process_name()};  // of a root that is not to be ended when it is silent
            static_cast<void>(::write(ends[1], names[1].data(), names[1].size()) < 0);
            const HeartbeatMonitor monitor(folder, rank, names, rules, {});
            std::this_thread::sleep_for(std::chrono::duration<double>(hang_s));
            ::_exit(0);
        }
        char text[512];
        const ssize_t size = ::read(ends[0], text, sizeof text);
        BOOST_TEST_REQUIRE(size > 0);
        names[1].assign(text, static_cast<std::size_t>(size));
        ::close(ends[0]);
        ::close(ends[1]);
    }
};

pid_t start(const fs::path& folder, int rank, HeartbeatMonitor::Rules rules) {
    return Pair(folder, rank, rules).child;
}

void wait_for(const fs::path& file) {
    for (int i = 0; i < 60'000 && !fs::exists(file); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

std::vector<RankFailure> losses_within(HeartbeatMonitor& monitor, double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    std::vector<RankFailure> losses;
    while (losses.empty() && std::chrono::steady_clock::now() < end) {
        monitor.turn();
        losses = monitor.take_failures();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return losses;
}

int code_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

BOOST_AUTO_TEST_CASE(who_waits_for_nobody_has_no_losses) {
    const Folder folder;
    const auto [child, names] = Pair(folder.path, 1, {.dead_after_s = 30});
    HeartbeatMonitor monitor(folder.path, 0, names, {.dead_after_s = dead_after_s, .recovers = true}, {});
    wait_for(folder.path / "rank-0001.alive");
    monitor.rest();
    ::kill(child, SIGKILL);
    BOOST_TEST(code_of(child) == 1000 + SIGKILL);
    BOOST_TEST(losses_within(monitor, 2 * dead_after_s).empty());  // and is still here
}

BOOST_AUTO_TEST_CASE(a_stopped_rank_is_found_and_ended) {
    const Folder folder;
    const auto [child, names] = Pair(folder.path, 1, {.dead_after_s = 30});
    wait_for(folder.path / "rank-0001.alive");
    HeartbeatMonitor monitor(folder.path, 0, names, {.dead_after_s = dead_after_s}, {});
    BOOST_TEST(losses_within(monitor, 0.01).empty());
    ::kill(child, SIGSTOP);
    const auto losses = losses_within(monitor, hang_s);
    BOOST_TEST_REQUIRE(losses.size() == 1U);
    BOOST_TEST(losses[0].rank == 1);
    BOOST_TEST(losses[0].why.find("no sign of life") != std::string::npos);
    BOOST_TEST(fs::exists(folder.path / "rank-0001.lost"));
    BOOST_TEST(code_of(child) == 1000 + SIGKILL);
}

/// What stands in the file.
std::string text_of(const fs::path& file) {
    std::string line;
    std::ifstream stream(file);
    std::getline(stream, line);
    return line;
}

// Each time for less than half as long as a rank may be silent, as is everybody whom a batch system or a file system
// that does not answer holds up.
bool a_stopped_root_gives_nobody_up() {
    const Folder folder;
    const fs::path own = folder.path / "rank-0000.alive";
    std::ofstream(folder.path / "rank-0001.alive") << fmt::format("{:020}\n", 1);
    constexpr int has_losses = 9;
    const pid_t root = ::fork();
    if (root == 0) {
        HeartbeatMonitor monitor(folder.path, 0, {comm::process_name(), "1@1@elsewhere"}, {.dead_after_s = 4}, {});
        ::_exit(losses_within(monitor, hang_s).empty() ? 0 : has_losses);
    }
    const auto goes_on = [&](const std::string& before) {
        for (int i = 0; i < 12'000 && text_of(own) == before; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    };
    goes_on("");
    for (int turn = 0; turn < 3; ++turn) {
        ::kill(root, SIGSTOP);
        std::this_thread::sleep_for(std::chrono::milliseconds(1800));
        const std::string before = text_of(own);
        ::kill(root, SIGCONT);
        goes_on(before);
    }
    ::kill(root, SIGKILL);
    return code_of(root) == 1000 + SIGKILL && !fs::exists(folder.path / "rank-0001.lost");
}

/// Lives, and for twice as long as it may be silent.
bool a_living_rank_is_left_alone() {
    const Folder folder;
    constexpr double longest_silence_s = 4 * dead_after_s;
    const auto [child, names] = Pair(folder.path, 1, {.dead_after_s = longest_silence_s});
    wait_for(folder.path / "rank-0001.alive");
    bool is_left_alone = false;
    {
        HeartbeatMonitor monitor(folder.path, 0, names, {.dead_after_s = longest_silence_s, .recovers = true}, {});
        is_left_alone = losses_within(monitor, 2 * longest_silence_s).empty();
    }
    ::kill(child, SIGKILL);
    static_cast<void>(code_of(child));
    return is_left_alone && !fs::exists(folder.path / "rank-0000.alive");
}

bool in_one_of(int times, bool (*holds)()) {
    return times > 0 && (holds() || in_one_of(times - 1, holds));
}

BOOST_AUTO_TEST_CASE(a_root_that_is_stopped_again_and_again_gives_nobody_up) {
    BOOST_TEST(in_one_of(attempts, a_stopped_root_gives_nobody_up));
}

BOOST_AUTO_TEST_CASE(a_rank_that_lives_is_left_alone) {
    BOOST_TEST(in_one_of(attempts, a_living_rank_is_left_alone));
}

BOOST_AUTO_TEST_CASE(a_killed_rank_is_missed_before_it_is_silent_for_too_long) {
    const Folder folder;
    const auto [child, names] = Pair(folder.path, 1, {.dead_after_s = hang_s});
    wait_for(folder.path / "rank-0001.alive");
    HeartbeatMonitor monitor(folder.path, 0, names, {.dead_after_s = hang_s, .recovers = true}, {});
    ::kill(child, SIGKILL);
    const auto losses = losses_within(monitor, hang_s);
    BOOST_TEST_REQUIRE(losses.size() == 1U);
    BOOST_TEST(losses[0].why.find("killed") != std::string::npos);
    BOOST_TEST(code_of(child) == 1000 + SIGKILL);
}

BOOST_AUTO_TEST_CASE(who_was_given_up_ends_itself) {
    const Folder folder;
    std::ofstream(folder.path / "rank-0001.lost") << "was silent\n";
    BOOST_TEST(code_of(start(folder.path, 1, {.dead_after_s = 30})) == 4);
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_silent_root) {
    const Folder folder;
    BOOST_TEST(code_of(start(folder.path, 1, {.dead_after_s = dead_after_s})) == 4);
}

// Who may write to the folder has put links in the places of files, and another process into the sign of a rank.
BOOST_AUTO_TEST_CASE(nothing_that_others_have_put_into_the_folder_is_followed) {
    const Folder folder;
    const Folder elsewhere("vigil_test_elsewhere");
    std::ofstream(elsewhere.path / "mine") << "untouched\n";
    for (const char* name : {"rank-0000.alive", "rank-0001.lost"})
        fs::create_symlink(elsewhere.path / "mine", folder.path / name);
    const pid_t innocent = ::fork();
    if (innocent == 0) {
        ::pause();
        ::_exit(0);
    }
    BOOST_TEST_REQUIRE(::mkfifo((folder.path / "rank-0001.alive").c_str(), 0600) == 0);
    {
        const std::vector<std::string> names{comm::process_name(), "1@1@elsewhere"};
        HeartbeatMonitor monitor(folder.path, 0, names, {.dead_after_s = dead_after_s}, {});
        BOOST_TEST(fs::is_regular_file(fs::symlink_status(folder.path / "rank-0000.alive")));
        fs::remove(folder.path / "rank-0001.alive");
        std::ofstream(folder.path / "rank-0001.alive") << fmt::format("{:020} {}\n", 1, innocent);
        BOOST_TEST(losses_within(monitor, hang_s).size() == 1U);
        BOOST_TEST(fs::is_regular_file(fs::symlink_status(folder.path / "rank-0001.lost")));
    }
    std::string line;
    std::getline(std::ifstream(elsewhere.path / "mine") >> std::ws, line);
    BOOST_TEST(line == "untouched");
    BOOST_TEST(::kill(innocent, 0) == 0);
    ::kill(innocent, SIGKILL);
    BOOST_TEST(code_of(innocent) == 1000 + SIGKILL);

    fs::create_directory_symlink(elsewhere.path, folder.path / "logs");
    std::ofstream(elsewhere.path / "photo.lost") << "x";
    HeartbeatMonitor::clear(folder.path / "logs");
    BOOST_TEST(fs::exists(elsewhere.path / "photo.lost"));
    BOOST_CHECK_THROW(HeartbeatMonitor(folder.path / "logs", 0, {comm::process_name()}, {}, {}), core::Error);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_has_left_is_removed) {
    const Folder folder;
    for (const char* name : {"rank-0001.lost", "rank-0002.alive", "rank-0001.log"})
        std::ofstream(folder.path / name) << "x";
    HeartbeatMonitor::clear(folder.path);
    BOOST_TEST(!fs::exists(folder.path / "rank-0001.lost"));
    BOOST_TEST(!fs::exists(folder.path / "rank-0002.alive"));
    BOOST_TEST(fs::exists(folder.path / "rank-0001.log"));
}

BOOST_AUTO_TEST_SUITE_END()
