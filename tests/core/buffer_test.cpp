#include "core/buffer.hpp"

#include <cstdint>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(buffer_tests)

BOOST_AUTO_TEST_CASE(begins_on_a_cache_line) {
    for (const std::size_t size : {1U, 7U, 1000U}) {
        const core::Buffer<float> floats(size);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(floats.data()) % core::alignment == 0U);
    }
}

BOOST_AUTO_TEST_CASE(rows_begin_on_cache_lines_and_avoid_large_powers_of_two) {
    BOOST_TEST(core::row_stride(1) == 16U);
    BOOST_TEST(core::row_stride(16) == 16U);
    BOOST_TEST(core::row_stride(17) == 32U);
    BOOST_TEST(core::row_stride(784) == 784U);
    BOOST_TEST(core::row_stride(512) == 528U);
    for (std::size_t width = 1; width < 5000; ++width) {
        const std::size_t stride = core::row_stride(width);
        BOOST_TEST_REQUIRE(stride >= width);
        BOOST_TEST_REQUIRE(stride % 16 == 0U);
        BOOST_TEST_REQUIRE((stride < 128 || stride % 128 != 0));
    }
}

BOOST_AUTO_TEST_SUITE_END()
