#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

/// A launcher and its ranks for the tests of who watches whom: processes that do what they are told and end with a
/// code.
namespace family {

/// Time decides nothing in these tests, but whether what does not happen is waited for any longer.
constexpr std::chrono::seconds at_most(60);

/// Waits until `happens` says so; false if it does not.
template <class Condition>
bool until(Condition happens) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!happens()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

/// The code a child ends with; 1000 and more if by a signal.
inline int code_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// A child that ends with what `life` returns, at the latest with this process.
template <class Life>
pid_t start(Life life) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(::getppid() == parent ? life() : -1);
}

/// Runs `story` in a process that has a launcher's name; what it returns.
template <class Story>
int launch(Story story) {
    return code_of(start([&] {
        ::prctl(PR_SET_NAME, "mpirun");
        return story();
    }));
}

}  // namespace family
