#include "core/memory.hpp"

#include <limits>
#include <new>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(memory_tests)

BOOST_AUTO_TEST_CASE(the_smaller_of_host_and_container_counts) {
    using core::memory_left;
    BOOST_TEST(core::free_memory() > 0U);
    BOOST_TEST(memory_left("MemTotal: 9 kB\nMemAvailable:   5 kB\n", "max\n", "7") == 5U * 1024);
    BOOST_TEST(memory_left("MemAvailable:   5 kB\n", "2048\n", "1024\n") == 1024U);
    BOOST_TEST(memory_left("MemAvailable:   5 kB\n", "1024\n", "2048\n") == 0U);
    BOOST_TEST(memory_left("MemTotal: 9 kB\n", "", "") == 0U);
    BOOST_TEST(memory_left("", "", "") == 0U);
}

BOOST_AUTO_TEST_CASE(room_that_is_not_there_is_missed_before_it_is_taken) {
    core::require_room(1);
    BOOST_CHECK_THROW(core::require_room(std::numeric_limits<std::size_t>::max() / 2), std::bad_alloc);
}

BOOST_AUTO_TEST_SUITE_END()
