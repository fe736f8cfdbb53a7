#include "store/run_lock.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(run_lock_tests)

namespace {

/// What the refusal says; empty if the lock is given.
std::string refusal(const std::filesystem::path& file) {
    try {
        const store::RunLock lock(file);
        return "";
    } catch (const core::Error& error) {
        BOOST_TEST(error.exit_code() == 2);
        return error.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_at_a_time_and_the_other_hears_who) {
    const ScratchDirectory scratch;
    const auto file = scratch / "lock";
    {
        const store::RunLock lock(file);
        BOOST_TEST(lock.is_sure());
        const std::string message = refusal(file);
        BOOST_TEST(message.find(std::to_string(::getpid())) != std::string::npos, message);
        BOOST_TEST(message.find(scratch.path().string()) != std::string::npos, message);
        BOOST_TEST(message.find("--out") != std::string::npos, message);
    }
    BOOST_TEST(scratch.content().empty());
    BOOST_TEST(refusal(file).empty());
}

BOOST_AUTO_TEST_CASE(no_other_file_is_written_through_the_lock) {
    const ScratchDirectory scratch;
    const auto precious = scratch / "precious";
    std::ofstream(precious) << "mine";
    const std::vector<std::function<void(const std::filesystem::path&)>> traps{
        [&](const auto& file) { std::filesystem::create_symlink(precious, file); },
        [&](const auto& file) { std::filesystem::create_hard_link(precious, file); },
        [&](const auto& file) { static_cast<void>(::mkfifo(file.c_str(), 0600)); },
        [&](const auto& file) { std::filesystem::create_directory(file); }};
    for (const auto& trap : traps) {
        const auto file = scratch / "lock";
        trap(file);
        BOOST_CHECK_EXCEPTION(const store::RunLock lock(file), core::Error, [&](const core::Error& error) {
            return error.kind() == core::Failure::run &&
                   std::string(error.what()).find("'" + file.string() + "'") != std::string::npos;
        });
        std::filesystem::remove(file);
    }
    std::ifstream stream(precious);
    BOOST_TEST(std::string(std::istreambuf_iterator<char>(stream), {}) == "mine");
}

BOOST_AUTO_TEST_CASE(a_killed_holder_holds_nothing) {
    const ScratchDirectory scratch;
    const auto file = scratch / "lock";
    int ready[2];
    BOOST_TEST_REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const store::RunLock lock(file);
        static_cast<void>(::write(ready[1], "x", 1) < 0);
        while (true) ::pause();
    }
    char letter = 0;
    BOOST_TEST_REQUIRE(::read(ready[0], &letter, 1) == 1);
    const std::string message = refusal(file);
    BOOST_TEST(message.find("process " + std::to_string(child)) != std::string::npos, message);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(scratch.content().size() == 1U);
    BOOST_TEST(refusal(file).empty());
    ::close(ready[0]);
    ::close(ready[1]);
}

BOOST_AUTO_TEST_SUITE_END()
