#include "schedule/work_queue.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "schedule/job_queue.hpp"
#include "schedule/rank_times.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(work_queue_tests)

using namespace schedule;

namespace {

std::vector<std::uint32_t> firsts(WorkQueue& queue) {
    std::vector<std::uint32_t> order;
    while (!queue.empty()) order.push_back(queue.take().first);
    return order;
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_members_come_by_their_index) {
    WorkQueue queue(std::vector<MemberWork>(4), single_members(4));
    BOOST_TEST((firsts(queue) == std::vector<std::uint32_t>{0, 1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(units_of_one_length) {
    BOOST_TEST((units_of(6, 3) == std::vector<WorkUnit>{{0, 3}, {3, 3}}));
    BOOST_TEST((units_of(2, 1) == single_members(2)));
    BOOST_CHECK_THROW(static_cast<void>(units_of(6, 4)), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(trained_units_come_first_then_the_longest) {
    const std::vector<MemberWork> work{
        {.whole = 1}, {.whole = 4, .done = 0.5}, {.done = 1}, {.whole = 3}, {.whole = 2}};
    WorkQueue queue(work, single_members(5));
    BOOST_TEST((queue.left() == std::vector<double>{0, 3, 2, 2, 1}));
    BOOST_TEST((firsts(queue) == std::vector<std::uint32_t>{2, 3, 1, 4, 0}));
}

BOOST_AUTO_TEST_CASE(units_are_as_long_as_their_members_together) {
    const std::vector<MemberWork> work{{.whole = 1}, {.done = 1}, {.whole = 3}, {.done = 1}, {.done = 1}};
    WorkQueue queue(work, {{0, 2}, {2, 1}, {3, 2}});
    BOOST_TEST(queue.left({0, 2}) == 1.0);
    BOOST_TEST((queue.take() == WorkUnit{3, 2}));  // all of it is trained
    BOOST_TEST((queue.take() == WorkUnit{2, 1}));
    queue.put_back({2, 1});
    BOOST_TEST((queue.take() == WorkUnit{2, 1}));
    BOOST_TEST((queue.take() == WorkUnit{0, 2}));
    BOOST_TEST(queue.empty());
    BOOST_CHECK_THROW(static_cast<void>(queue.take()), core::ContractViolation);
    BOOST_CHECK_THROW(WorkQueue(work, {{0, 2}}), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(every_job_is_done_once_whoever_is_lost) {
    for (const std::size_t count : {1U, 2U, 17U}) {
        std::vector<std::size_t> order(count);
        std::iota(order.rbegin(), order.rend(), std::size_t{0});
        JobQueue jobs;
        jobs.add(order);
        std::vector<int> seen(count);
        bool is_first = true;
        while (const auto job = jobs.take()) {
            if (std::exchange(is_first, false)) {
                BOOST_TEST(*job == order.front());
                jobs.put_back(*job);
                BOOST_TEST(jobs.waiting() == count);
                continue;
            }
            ++seen.at(*job);
            BOOST_TEST(!jobs.are_done());
            jobs.finish();
        }
        BOOST_TEST(jobs.are_done());
        BOOST_TEST(jobs.waiting() == 0U);
        BOOST_TEST(std::ranges::all_of(seen, [](int times) { return times == 1; }));
    }
    BOOST_TEST(JobQueue().are_done());
}

BOOST_AUTO_TEST_CASE(jobs_that_are_added_come_before_those_that_wait) {
    JobQueue jobs;
    jobs.add({0, 1, 2});
    BOOST_TEST(jobs.take().value() == 0U);
    jobs.add({4, 3});
    for (const std::size_t expected : {4U, 3U, 1U, 2U}) BOOST_TEST(jobs.take().value() == expected);
    BOOST_TEST(!jobs.take().has_value());
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(!jobs.are_done());
        jobs.finish();
    }
    BOOST_TEST(jobs.are_done());
}

BOOST_AUTO_TEST_CASE(time_that_nobody_had_work) {
    RankTimes times(2);
    BOOST_TEST(times.idle_fraction() == 0.0);
    BOOST_TEST(times.elapsed_s(7) == 0.0);
    times.start(1);
    times.start(2);  // only the first one counts
    times.add_stretch(3);
    times.add_stretch(1);
    times.add_talk(0.5);
    times.end(6);
    BOOST_TEST(times.train_s() == 5.0);
    BOOST_TEST(times.elapsed_s(7) == 6.0);
    BOOST_TEST(times.busy_s() == 4.0);
    BOOST_TEST(times.idle_s() == 6.0);
    BOOST_TEST(times.communication_fraction() == 0.05);
    BOOST_TEST(times.efficiency_bound() == 4.0 / 6.0);
}

BOOST_AUTO_TEST_SUITE_END()
