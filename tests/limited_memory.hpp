#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <fstream>
#include <new>

#include <boost/test/unit_test.hpp>

/// For BOOST_TEST's precondition().
inline boost::test_tools::assertion_result memory_can_be_limited(boost::unit_test::test_unit_id) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    boost::test_tools::assertion_result no(false);
    no.message() << "a sanitizer takes all address space for itself";
    return no;
#else
    return true;
#endif
}

enum class Ends { well, without_memory, otherwise };

/// How `action` ends in a process of its own that may take only `room` bytes more than this one holds.
template <class Action>
[[nodiscard]] Ends end_with_room(std::size_t room, Action action) {
    const pid_t child = ::fork();
    if (child == 0) {
        // Those of the test runner would go on with its tests here.
        for (const int number : {SIGSEGV, SIGABRT, SIGBUS}) std::signal(number, SIG_DFL);
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        rlimit limit{};
        ::getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + room;
        ::setrlimit(RLIMIT_AS, &limit);
        // The exit code is the answer: nothing may be printed, which would take memory.
        try {
            action();
            ::_exit(static_cast<int>(Ends::well));
        } catch (const std::bad_alloc&) {
            ::_exit(static_cast<int>(Ends::without_memory));
        } catch (...) {
            ::_exit(static_cast<int>(Ends::otherwise));
        }
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return Ends::otherwise;
    return static_cast<Ends>(WEXITSTATUS(status));
}
