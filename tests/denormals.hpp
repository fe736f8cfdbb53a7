#pragma once

#include <cfenv>
#include <cmath>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"

/// For tests of denormal numbers that count as 0: skips them where nothing is known of how to make them so.
inline boost::test_tools::assertion_result has_flushing(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(ensemble::compute::can_flush_denormals());
    result.message() << "how to flush denormal numbers to zero on this processor is not known";
    return result;
}

/// Calls work() in a thread as a program starts with it, whatever the test's own was prepared for.
template <class Work>
void in_a_fresh_thread(const Work& work) {
    std::jthread([&] {
        std::fesetenv(FE_DFL_ENV);
        work();
    }).join();
}

[[nodiscard]] inline bool is_denormal(float value) {
    return std::fpclassify(value) == FP_SUBNORMAL;
}
