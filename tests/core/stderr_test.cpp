#include "core/stderr.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(stderr_tests)

/// Another file in the place of stderr while it lives.
class Redirected {
public:
    explicit Redirected(int file) : kept_(::dup(STDERR_FILENO)) {
        ::dup2(file, STDERR_FILENO);
        ::close(file);
    }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;
    ~Redirected() {
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_);
    }

private:
    int kept_;
};

/// What arrives at the other end.
std::string told(const std::string& text) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE_EQUAL(::pipe(ends.data()), 0);
    {
        const Redirected redirected(ends[1]);
        core::print_stderr("{}\n", text);
    }
    std::array<char, 512> buffer{};
    const ssize_t size = ::read(ends[0], buffer.data(), buffer.size());
    ::close(ends[0]);
    return {buffer.data(), static_cast<std::size_t>(size)};
}

BOOST_AUTO_TEST_CASE(words_arrive) {
    BOOST_TEST(told("a file 'ä', 3 °C") == "a file 'ä', 3 °C\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_passed_over) {
    const Redirected redirected(::open("/dev/full", O_WRONLY));
    core::print_stderr("error: {}\n", 3);
}

BOOST_AUTO_TEST_CASE(a_closed_one_is_passed_over) {
    const Redirected redirected(::open("/dev/null", O_WRONLY));
    ::close(STDERR_FILENO);
    core::print_stderr("error: {}\n", 3);
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_left_is_passed_over) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    BOOST_REQUIRE_EQUAL(::pipe(ends.data()), 0);
    {
        const Redirected redirected(ends[1]);
        ::close(ends[0]);
        core::print_stderr("error: {}\n", 3);
    }
    std::signal(SIGPIPE, before);
}

BOOST_AUTO_TEST_SUITE_END()
