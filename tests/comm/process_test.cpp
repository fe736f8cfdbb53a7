#include "comm/process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(process_tests)

using comm::Process;

BOOST_AUTO_TEST_CASE(a_process_is_found_by_its_name_and_ended_even_if_it_is_stopped) {
    int names[2];
    BOOST_TEST_REQUIRE(::pipe(names) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string name = comm::process_name();
        static_cast<void>(::write(names[1], name.data(), name.size()) < 0);
        ::raise(SIGSTOP);
        ::_exit(0);
    }
    char text[512];
    const ssize_t size = ::read(names[0], text, sizeof text);
    BOOST_TEST_REQUIRE(size > 0);
    ::waitpid(child, nullptr, WUNTRACED);
    const auto process = Process::find({text, static_cast<std::size_t>(size)});
    BOOST_TEST_REQUIRE(process.has_value());
    BOOST_TEST(!process->is_over());
    process->kill();
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    BOOST_TEST(process->is_over());
}

BOOST_AUTO_TEST_CASE(another_process_of_the_same_number_is_not_it) {
    const std::string name = comm::process_name();
    BOOST_TEST(Process::find(name).has_value());
    const auto start = name.find('@') + 1;
    const auto earlier = Process::find(name.substr(0, start) + "1" + name.substr(start));
    BOOST_TEST((earlier && earlier->is_over()));
    earlier->kill();
    BOOST_TEST(!Process::find(name + "elsewhere").has_value());
    for (const char* other : {"", "x", "-1@", "0@0@0"}) BOOST_TEST(!Process::find(other).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
