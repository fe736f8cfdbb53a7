#include "comm/siblings.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "family.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(siblings_tests)

using comm::Siblings;
using family::launch;
using family::start;
using family::until;

namespace {

constexpr int all_is_well = 7;
constexpr int many_looks = 200;

/// The most looks in a row that found everything quiet.
int longest_quiet(Siblings& siblings) {
    int longest = 0;
    for (int i = 0; i < many_looks; ++i) {
        if (!siblings.look()) return -1;
        longest = std::max(longest, siblings.quiet_looks());
    }
    return longest;
}

bool is_stopped(pid_t process) {
    std::ifstream file(fmt::format("/proc/{}/status", process));
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("State:")) return line.find('T') < line.find('(');
    return false;
}

/// Seen by a process and by those that it forks.
class SharedFlag {
public:
    SharedFlag()
        : flag_(new (::mmap(nullptr, sizeof(Flag), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Flag) {}
    ~SharedFlag() { ::munmap(flag_, sizeof(Flag)); }
    SharedFlag(const SharedFlag&) = delete;
    SharedFlag& operator=(const SharedFlag&) = delete;
    void set() { flag_->store(true); }
    [[nodiscard]] bool is_set() const { return flag_->load(); }

private:
    using Flag = std::atomic<bool>;
    Flag* flag_;
};

/// Uses the processor for some of the system's ticks.
void work_for_some_ticks() {
    const auto used_ms = [] {
        timespec time{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
    };
    const auto end = used_ms() + 50;
    while (used_ms() < end) continue;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_launcher_that_only_waits_is_quiet) {
    BOOST_TEST(launch([] {
                   return family::code_of(start([launcher = ::getpid()] {
                       Siblings siblings(launcher, 2);
                       return until([&] { return siblings.look() && siblings.quiet_looks() >= 40; }) ? all_is_well : 1;
                   }));
               }) == all_is_well);
}

BOOST_AUTO_TEST_CASE(a_launcher_that_works_is_not) {
    BOOST_TEST(launch([] {
                   SharedFlag done;
                   const pid_t rank = start([&, launcher = ::getpid()] {
                       Siblings siblings(launcher, 2);
                       const int quiet = longest_quiet(siblings);
                       done.set();
                       return quiet;
                   });
                   while (!done.is_set()) continue;
                   return family::code_of(rank);
               }) == 0);
}

// It sleeps whenever it is looked at.
BOOST_AUTO_TEST_CASE(a_launcher_that_has_worked_between_two_looks_is_not) {
    BOOST_TEST(launch([] {
                   std::array<int, 2> orders{};
                   std::array<int, 2> answers{};
                   if (::pipe(orders.data()) != 0 || ::pipe(answers.data()) != 0) return 1;
                   const pid_t rank = start([&, launcher = ::getpid()] {
                       Siblings siblings(launcher, 2);
                       for (int round = 0; round < 5; ++round) {
                           char done = 0;
                           if (::write(orders[1], "w", 1) != 1 || ::read(answers[0], &done, 1) != 1) return 2;
                           if (!until([&] { return comm::activity_of(launcher)->is_waiting; })) return 3;
                           if (!siblings.look() || siblings.quiet_looks() > 0) return 4;
                       }
                       return all_is_well;
                   });
                   ::close(orders[1]);
                   for (char order = 0; ::read(orders[0], &order, 1) == 1;) {
                       work_for_some_ticks();
                       if (::write(answers[1], "d", 1) != 1) return 5;
                   }
                   return family::code_of(rank);
               }) == all_is_well);
}

BOOST_AUTO_TEST_CASE(a_launcher_that_is_stopped_is_not) {
    BOOST_TEST(launch([] {
                   const pid_t rank = start([launcher = ::getpid()] {
                       if (!until([&] { return is_stopped(launcher); })) return 1;
                       Siblings siblings(launcher, 2);
                       const int quiet = longest_quiet(siblings);
                       ::kill(launcher, SIGCONT);
                       return quiet;
                   });
                   ::raise(SIGSTOP);
                   return family::code_of(rank);
               }) == 0);
}

// A process that the launcher has forked is a rank only once it runs the rank's program.
BOOST_AUTO_TEST_CASE(who_is_still_to_become_a_rank_is_waited_for) {
    BOOST_TEST(launch([] {
                   const pid_t other = start([] { return ::execlp("sleep", "sleep", "300", nullptr); });
                   if (!until([&] { return !comm::runs_this_program(other); })) return 1;
                   const pid_t rank = start([launcher = ::getpid()] {
                       Siblings siblings(launcher, 2);
                       return longest_quiet(siblings);
                   });
                   const int quiet = family::code_of(rank);
                   ::kill(other, SIGKILL);
                   return quiet;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(a_rank_that_was_seen_and_has_ended_is_lost) {
    BOOST_TEST(launch([] {
                   const pid_t one = start([] { return ::pause(); });
                   return family::code_of(start([one, launcher = ::getpid()] {
                       Siblings siblings(launcher, 2);
                       if (!until([&] { return siblings.look() && siblings.seen() == 2; })) return 1;
                       if (siblings.has_lost_one() || siblings.is_first() != (::getpid() < one)) return 2;
                       ::kill(one, SIGKILL);  // and stays a zombie
                       if (!until([&] { return siblings.look() && siblings.has_lost_one(); })) return 3;
                       return siblings.is_first() ? all_is_well : 4;
                   }));
               }) == all_is_well);
}

BOOST_AUTO_TEST_CASE(without_the_launcher_nothing_is_seen) {
    Siblings siblings(::getpid(), 2);  // not this process' parent
    BOOST_TEST(!siblings.look());
}

BOOST_AUTO_TEST_SUITE_END()
