#include "core/thread_pool.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(thread_pool_tests)

using core::ThreadPool;

// In a process of its own, which has address space for a few threads only.
BOOST_AUTO_TEST_CASE(a_team_that_finds_no_room_for_its_threads_says_so_and_goes_on_alone) {
    const pid_t child = ::fork();
    if (child == 0) {
        ThreadPool pool;
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        rlimit limit{};
        limit.rlim_cur = limit.rlim_max = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + (64U << 20U);
        ::setrlimit(RLIMIT_AS, &limit);
        int calls = 0;
        try {
            pool.resize(100);
        } catch (const core::Error& error) {
            pool.run([&](std::size_t) { ++calls; });
            ::_exit(error.kind() == core::Failure::run && calls == 1 ? 0 : 1);
        }
        ::_exit(2);
    }
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

BOOST_AUTO_TEST_CASE(everyone_has_a_part_once_on_a_thread_of_its_own) {
    ThreadPool pool;
    for (const std::size_t size : {1U, 4U, 2U, 3U}) {
        pool.resize(size);
        BOOST_TEST(pool.size() == size);
        std::vector<std::thread::id> threads(size);
        for (int round = 0; round < 200; ++round) {
            std::vector<int> calls(size);
            std::vector<std::thread::id> here(size);
            pool.run([&](std::size_t who) {
                ++calls.at(who);
                here[who] = std::this_thread::get_id();
            });
            BOOST_TEST_REQUIRE((calls == std::vector<int>(size, 1)));
            if (round == 0) threads = here;
            BOOST_TEST_REQUIRE((here == threads));
        }
        BOOST_TEST(std::set<std::thread::id>(threads.begin(), threads.end()).size() == size);
        BOOST_TEST((threads[0] == std::this_thread::get_id()));
    }
    BOOST_CHECK_THROW(pool.resize(0), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(who_sleeps_is_woken) {
    ThreadPool pool;
    pool.resize(3);
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> calls = 0;
        pool.run([&](std::size_t) { ++calls; });
        BOOST_TEST(calls == 3);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

BOOST_AUTO_TEST_CASE(the_owner_waits_for_the_slowest_and_sees_what_it_wrote) {
    ThreadPool pool;
    pool.resize(2);
    std::vector<double> written(1000);
    pool.run([&](std::size_t who) {
        if (who == 0) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        std::iota(written.begin(), written.end(), 1.0);
    });
    BOOST_TEST(written.back() == 1000.0);
}

BOOST_AUTO_TEST_CASE(what_one_throws_the_owner_throws_and_the_team_goes_on) {
    ThreadPool pool;
    pool.resize(3);
    for (const std::size_t thrower : {0U, 2U}) {
        std::atomic<int> calls = 0;
        BOOST_CHECK_THROW(pool.run([&](std::size_t who) {
            ++calls;
            if (who == thrower) throw std::runtime_error("no");
        }),
                          std::runtime_error);
        BOOST_TEST(calls == 3);
        pool.run([&](std::size_t) { ++calls; });
        BOOST_TEST(calls == 6);
    }
}

BOOST_AUTO_TEST_CASE(threads_that_join_are_prepared) {
    std::atomic<int> prepared = 0;
    ThreadPool pool([&] { ++prepared; });
    pool.resize(4);
    pool.run([](std::size_t) {});
    BOOST_TEST(prepared == 3);
}

BOOST_AUTO_TEST_CASE(parts_make_up_the_whole) {
    for (const std::size_t count : {0U, 1U, 7U, 64U, 100U}) {
        for (const std::size_t parts : {1U, 2U, 3U, 8U}) {
            for (const std::size_t step : {1U, 16U}) {
                std::size_t end = 0;
                for (std::size_t who = 0; who < parts; ++who) {
                    const core::Part part = core::part_of(count, parts, who, step);
                    BOOST_TEST(part.begin == end);
                    BOOST_TEST((part.begin % step == 0 || part.begin == count));
                    end = part.end;
                }
                BOOST_TEST(end == count);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(little_work_is_not_divided) {
    ThreadPool pool;
    pool.resize(4);
    const auto pieces = [&](ThreadPool* by, std::size_t count) {
        std::atomic<std::size_t> calls = 0;
        std::atomic<std::size_t> things = 0;
        core::parallel_for(by, count, 10, [&](std::size_t begin, std::size_t end) {
            ++calls;
            things += end - begin;
        });
        BOOST_TEST(things == count);
        return calls.load();
    };
    BOOST_TEST(pieces(nullptr, 100) == 1U);
    BOOST_TEST(pieces(&pool, 19) == 1U);
    BOOST_TEST(pieces(&pool, 20) == 2U);
    BOOST_TEST(pieces(&pool, 100) == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
