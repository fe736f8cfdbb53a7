#include "schedule/job_thread.hpp"

#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(job_thread_tests)

using schedule::JobThread;

namespace {

JobThread::Result result_of(JobThread& thread) {
    while (true) {
        if (auto result = thread.take(std::chrono::milliseconds(10))) return *result;
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_are_done_beside_their_owner_one_after_the_other) {
    JobThread thread;
    BOOST_TEST(!thread.is_busy());
    for (const std::byte each : {std::byte{1}, std::byte{2}}) {
        std::atomic<bool> may_end = false;
        std::thread::id own;
        thread.start([&] {
            may_end.wait(false);
            own = std::this_thread::get_id();
            return JobThread::Result{each};
        });
        BOOST_TEST(thread.is_busy());
        BOOST_TEST(!thread.take(std::chrono::microseconds(100)).has_value());
        BOOST_CHECK_THROW(thread.start([] { return JobThread::Result{}; }), core::ContractViolation);
        may_end = true;
        may_end.notify_all();
        BOOST_TEST((result_of(thread) == JobThread::Result{each}));
        BOOST_TEST((own != std::this_thread::get_id()));
        BOOST_TEST(!thread.is_busy());
    }
    BOOST_CHECK_THROW(static_cast<void>(thread.take({})), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(what_a_job_throws_its_owner_hears_and_the_next_can_begin) {
    JobThread thread;
    thread.start([]() -> JobThread::Result { throw std::runtime_error("no"); });
    BOOST_CHECK_THROW(static_cast<void>(result_of(thread)), std::runtime_error);
    BOOST_TEST(!thread.is_busy());
    thread.start([] { return JobThread::Result(3); });
    BOOST_TEST(result_of(thread).size() == 3U);
}

BOOST_AUTO_TEST_CASE(its_end_waits_for_the_job_under_way) {
    std::atomic<bool> is_done = false;
    {
        JobThread thread;
        thread.start([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            is_done = true;
            return JobThread::Result{};
        });
    }
    BOOST_TEST(is_done);
}

BOOST_AUTO_TEST_CASE(jobs_compute_as_all_other_threads) {
    if (!compute::can_flush_denormals()) return;
    JobThread thread;
    thread.start([] {
        volatile float smallest = std::numeric_limits<float>::min();
        smallest = smallest / 2;
        return JobThread::Result(smallest == 0 ? 1 : 0);
    });
    BOOST_TEST(result_of(thread).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
