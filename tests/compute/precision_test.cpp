#include "compute/precision.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(precision_tests)

using compute::Bfloat16;
using compute::narrowed;
using compute::widened;

BOOST_AUTO_TEST_CASE(every_bf16_survives_the_way_through_a_float) {
    for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
        const Bfloat16 value{static_cast<std::uint16_t>(bits)};
        if (std::isnan(widened(value))) {
            BOOST_TEST_REQUIRE(std::isnan(widened(narrowed(widened(value)))));
        } else {
            BOOST_TEST_REQUIRE(narrowed(widened(value)).bits == value.bits);
        }
    }
}

BOOST_AUTO_TEST_CASE(rounds_to_the_nearest_and_ties_to_even) {
    const float step = std::ldexp(1.0F, -7);  // between neighbours from 1 on
    BOOST_TEST(widened(narrowed(1 + 0.49F * step)) == 1.0F);
    BOOST_TEST(widened(narrowed(1 + 0.51F * step)) == 1 + step);
    BOOST_TEST(widened(narrowed(1 + 0.5F * step)) == 1.0F);
    BOOST_TEST(widened(narrowed(1 + 1.5F * step)) == 1 + 2 * step);
    BOOST_TEST(widened(narrowed(-1 - 1.5F * step)) == -1 - 2 * step);
    core::RandomStream random({.seed = 1});
    for (int i = 0; i < 10'000; ++i) {
        const auto value = static_cast<float>(std::ldexp(random.uniform(-1, 1), int(random.below(200)) - 100));
        BOOST_TEST_REQUIRE(std::abs(double{widened(narrowed(value))} - value) <=
                           std::ldexp(std::abs(double{value}), -8));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_number_stays_none) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    BOOST_TEST(widened(narrowed(infinity)) == infinity);
    BOOST_TEST(widened(narrowed(-infinity)) == -infinity);
    BOOST_TEST(widened(narrowed(std::numeric_limits<float>::max())) == infinity);
    BOOST_TEST(std::isnan(widened(narrowed(std::bit_cast<float>(0x7F800001U)))));
    BOOST_TEST(std::isnan(widened(narrowed(std::bit_cast<float>(0xFFFFFFFFU)))));
    BOOST_TEST(std::signbit(widened(narrowed(-0.0F))));
}

BOOST_AUTO_TEST_CASE(a_copy_holds_every_value) {
    std::vector<float> values(101);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0F / static_cast<float>(i);
    std::vector<Bfloat16> copy(values.size());
    compute::narrow(values, copy);
    for (std::size_t i = 0; i < values.size(); ++i) BOOST_TEST(copy[i].bits == narrowed(values[i]).bits);
    BOOST_CHECK_THROW(compute::narrow(values, std::span(copy).first(100)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
