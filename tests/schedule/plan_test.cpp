#include "schedule/plan.hpp"

#include <algorithm>
#include <queue>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(plan_tests)

using schedule::makespan;

namespace {

/// Of members of one length.
schedule::Plan plan(std::size_t members, std::size_t ranks) {
    return schedule::plan(std::vector<double>(members, 1.0), ranks);
}

}  // namespace

BOOST_AUTO_TEST_CASE(members_take_turns_on_ranks) {
    const auto planned = plan(8, 3);
    BOOST_TEST((planned.members == std::vector<std::vector<std::size_t>>{{0, 3, 6}, {1, 4, 7}, {2, 5}}));
    BOOST_TEST(planned.makespan == 3.0);
    BOOST_TEST(planned.idle_fraction == 1.0 / 9.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(one_rank_does_all_and_is_never_idle) {
    BOOST_TEST((plan(3, 1).members == std::vector<std::vector<std::size_t>>{{0, 1, 2}}));
    BOOST_TEST(plan(3, 1).makespan == 3.0);
    BOOST_TEST(plan(3, 1).idle_fraction == 0.0);
}

BOOST_AUTO_TEST_CASE(more_ranks_than_members) {
    const auto planned = plan(2, 5);
    BOOST_TEST((planned.members == std::vector<std::vector<std::size_t>>{{0}, {1}, {}, {}, {}}));
    BOOST_TEST(planned.makespan == 1.0);
    BOOST_TEST(planned.idle_fraction == 0.6, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(long_members_begin_first) {
    const auto planned = schedule::plan(std::vector{1.0, 4.0, 1.0, 2.0}, 2);
    BOOST_TEST((planned.members == std::vector<std::vector<std::size_t>>{{1}, {3, 0, 2}}));
    BOOST_TEST(planned.makespan == 4.0);
    BOOST_TEST(planned.idle_fraction == 0.0);
}

BOOST_AUTO_TEST_CASE(no_more_time_can_be_put_to_use) {
    const auto nearly = boost::test_tools::tolerance(1e-12);
    const auto bound = [](std::size_t members, std::size_t ranks) {
        return schedule::efficiency_bound(std::vector<double>(members, 2.5), ranks);
    };
    BOOST_TEST(bound(8, 8) == 1.0, nearly);
    BOOST_TEST(bound(9, 8) == 9.0 / 16.0, nearly);
    BOOST_TEST(bound(1, 4) == 0.25, nearly);
    BOOST_TEST(schedule::efficiency_bound(std::vector<double>{}, 4) == 1.0);
    // One of 10 s beside two of 5 s keep two ranks busy all the time; three of one length would not.
    BOOST_TEST(schedule::efficiency_bound(std::vector{5.0, 10.0, 5.0}, 2) == 1.0, nearly);
    BOOST_TEST(schedule::efficiency_bound(std::vector{1.0, 9.0, 2.0}, 2) == 12.0 / 18, nearly);
    BOOST_TEST(schedule::efficiency_bound(std::vector{4.0, 3.0, 3.0}, 2) == 10.0 / 12, nearly);
    for (std::size_t members = 1; members < 20; ++members)
        BOOST_TEST(plan(members, 6).idle_fraction + bound(members, 6) == 1, nearly);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_has_left) {
    const auto work = schedule::what_is_left(std::vector<schedule::MemberWork>(6, {.epochs = 4}),
                                             {.finished = {4, 9}, .begun = {0, 2, 3, 4}},
                                             {{{0, 1}, 1.0},
                                              {{1, 1}, 2.0},
                                              {{1, 2}, 3.0},
                                              {{2, 1}, 0.0},
                                              {{2, 2}, 4.0},
                                              {{3, 4}, 5.0},
                                              {{4, 4}, 6.0},
                                              {{8, 1}, 7.0}});
    std::vector<double> left;
    for (const schedule::MemberWork& member : work) left.push_back(member.left());
    // Of member 1 nothing is kept; of member 3 at most what stood before its last epoch; member 5 is new.
    const std::vector<double> expected{0.75, 1, 0.5, 0.25, 0, 1};
    BOOST_TEST(left == expected, boost::test_tools::per_element());
    BOOST_TEST(work[1].spent_s == 5);
    BOOST_TEST(work[4].spent_s == 6);
    BOOST_TEST(work[4].is_trained());
    BOOST_TEST(!work[3].is_trained());
}

BOOST_AUTO_TEST_CASE(idle_ranks_lend_their_cores_on_their_own_host) {
    using Threads = std::vector<std::size_t>;
    const auto threads = [](std::size_t cores, const std::vector<bool>& works) {
        return schedule::threads_of(std::vector<schedule::RankPlacement>(works.size(), {.host = 0, .cores = cores}),
                                    works);
    };
    BOOST_TEST((threads(8, {true, true, true, true}) == Threads{1, 1, 1, 1}));
    BOOST_TEST((threads(8, {false, true, true, true}) == Threads{1, 2, 1, 1}));
    BOOST_TEST((threads(8, {false, true, false, true}) == Threads{1, 2, 1, 2}));
    BOOST_TEST((threads(8, {false, false, false, true}) == Threads{1, 1, 1, 4}));
    BOOST_TEST((threads(8, {false, false, false, false}) == Threads{1, 1, 1, 1}));
    // More ranks than cores, and ranks that are bound to one.
    BOOST_TEST((threads(2, {true, true, true, false}) == Threads{1, 1, 1, 1}));
    BOOST_TEST((threads(2, {true, false, false, false}) == Threads{2, 1, 1, 1}));
    BOOST_TEST((threads(1, {true, false, false, false}) == Threads{1, 1, 1, 1}));
    const std::vector<schedule::RankPlacement> two_hosts{{0, 2}, {1, 4}, {0, 2}, {1, 4}};
    BOOST_TEST((schedule::threads_of(two_hosts, {true, false, true, true}) == Threads{1, 1, 1, 2}));
}

BOOST_AUTO_TEST_CASE(what_remains) {
    const auto queue = [](std::size_t count) { return std::vector<double>(count, 1.0); };
    BOOST_TEST(makespan(std::vector{0.25, 0.5}, queue(0)) == 0.5);
    BOOST_TEST(makespan(std::vector{0.25, 0.5}, queue(1)) == 1.25);
    BOOST_TEST(makespan(std::vector{0.25, 0.5}, queue(2)) == 1.5);
    BOOST_TEST(makespan(std::vector{0.0, 0.0, 0.0}, queue(7)) == 3.0);
    BOOST_TEST(makespan(std::vector{1.0}, queue(1'000'000)) == 1'000'001.0);
    BOOST_TEST(makespan(std::vector{1.0, 0.0, 0.5}, queue(30'000)) == 10'000.5, boost::test_tools::tolerance(1e-4));
    BOOST_TEST(makespan(std::vector{0.0, 3.0}, std::vector{2.0, 0.5, 1.0}) == 3.5);
}

// Against playing every member through.
BOOST_AUTO_TEST_CASE(what_remains_is_what_a_simulation_says) {
    core::RandomStream random({.seed = 5});
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<double> remaining(1 + random.below(9));
        for (double& rank : remaining) rank = random.uniform();
        std::vector<double> queued(random.below(40));
        for (double& length : queued) length = 3 * random.uniform();
        std::vector<double> free_at = remaining;
        for (const double length : queued) *std::min_element(free_at.begin(), free_at.end()) += length;
        BOOST_TEST(makespan(remaining, queued) == *std::max_element(free_at.begin(), free_at.end()),
                   boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_SUITE_END()
