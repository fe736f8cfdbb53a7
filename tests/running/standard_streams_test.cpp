#include "run/standard_streams.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(standard_streams_tests)

using namespace run;

namespace {

/// The exit code of a process that does this.
int code_of(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) std::_Exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int code_of_answer() {
    try {
        print_answer("an answer\n");
    } catch (const core::Error& error) {
        return error.exit_code();
    }
    return 0;
}

int put_in_place_of_stdout(int file) {
    ::dup2(file, STDOUT_FILENO);
    return code_of_answer();
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_file_takes_the_place_of_a_closed_stream) {
    const int code = code_of([] {
        for (const int number : {0, 1, 2}) ::close(number);
        occupy_standard_streams();
        return ::open("/dev/null", O_WRONLY);
    });
    BOOST_TEST(code > 2);
    const auto writes = [](int number) {
        return code_of([number] {
            ::close(number);
            occupy_standard_streams();
            return ::write(number, "x", 1) < 0 ? 7 : 0;
        });
    };
    BOOST_TEST(writes(STDOUT_FILENO) == 7);
    BOOST_TEST(writes(STDERR_FILENO) == 7);
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_arrive_is_an_error) {
    BOOST_TEST(code_of([] { return put_in_place_of_stdout(::open("/dev/null", O_WRONLY)); }) == 0);
    BOOST_TEST(code_of([] { return put_in_place_of_stdout(::open("/dev/full", O_WRONLY)); }) == 4);
    BOOST_TEST(code_of([] { return put_in_place_of_stdout(::open("/dev/null", O_RDONLY)); }) == 4);
    BOOST_TEST(code_of([] {
                   std::signal(SIGPIPE, SIG_IGN);
                   int ends[2];
                   if (::pipe(ends) != 0) return 1;
                   ::close(ends[0]);
                   return put_in_place_of_stdout(ends[1]);
               }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
