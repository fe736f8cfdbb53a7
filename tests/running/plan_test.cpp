#include "run/plan.hpp"

#include <algorithm>
#include <queue>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"

using run::makespan;
using run::plan;

BOOST_AUTO_TEST_SUITE(plan_tests)

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

BOOST_AUTO_TEST_CASE(what_remains) {
    BOOST_TEST(makespan(std::vector{0.25, 0.5}, 0) == 0.5);
    BOOST_TEST(makespan(std::vector{0.25, 0.5}, 1) == 1.25);
    BOOST_TEST(makespan(std::vector{0.25, 0.5}, 2) == 1.5);
    BOOST_TEST(makespan(std::vector{0.0, 0.0, 0.0}, 7) == 3.0);
    BOOST_TEST(makespan(std::vector{1.0}, 1'000'000'000) == 1'000'000'001.0);
}

// The shortcut over whole rounds against playing every member through.
BOOST_AUTO_TEST_CASE(what_remains_is_what_a_simulation_says) {
    core::RandomStream random({.seed = 5});
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<double> remaining(1 + random.below(9));
        for (double& rank : remaining) rank = random.uniform();
        const std::size_t queued = random.below(40);
        std::vector<double> free_at = remaining;
        for (std::size_t i = 0; i < queued; ++i) *std::min_element(free_at.begin(), free_at.end()) += 1.0;
        BOOST_TEST(makespan(remaining, queued) == *std::max_element(free_at.begin(), free_at.end()),
                   boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_SUITE_END()
