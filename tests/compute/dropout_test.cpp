#include "compute/dropout.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(dropout_tests)

using compute::DropoutRate;

namespace {

std::vector<std::uint8_t> mask(double p, std::size_t size, std::uint32_t step = 0) {
    core::RandomStream random({.seed = 11, .purpose = core::Purpose::dropout, .step = step});
    std::vector<std::uint8_t> drawn(size);
    compute::draw_mask(DropoutRate(p), random, drawn);
    return drawn;
}

}  // namespace

// A rate of 0.5 could not tell keep from drop.
BOOST_AUTO_TEST_CASE(keeps_its_share) {
    for (const double p : {0.1, 0.2, 0.3, 0.7}) {
        constexpr std::size_t size = 100'000;
        const auto drawn = mask(p, size);
        const double kept = std::accumulate(drawn.begin(), drawn.end(), 0.0) / size;
        BOOST_TEST(std::abs(kept - (1 - p)) < 4 * std::sqrt(p * (1 - p) / size));
    }
}

BOOST_AUTO_TEST_CASE(neighbours_are_independent) {
    constexpr std::size_t size = 100'000;
    const auto drawn = mask(0.2, size);
    for (const std::size_t distance : {1U, 2U, 8U, 256U}) {
        double both = 0;
        for (std::size_t i = distance; i < size; ++i) both += drawn[i] * drawn[i - distance];
        const double expected = 0.8 * 0.8;
        BOOST_TEST(std::abs(both / double(size - distance) - expected) <
                   5 * std::sqrt(expected * (1 - expected) / size));
    }
}

BOOST_AUTO_TEST_CASE(preserves_the_expectation) {
    constexpr std::size_t size = 100'000;
    std::vector<float> x(size, 1.5F);
    const auto drawn = mask(0.2, size);
    compute::apply_mask(DropoutRate(0.2), drawn, {x.data(), 1, x.size(), x.size()});
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / size;
    BOOST_TEST(std::abs(mean - 1.5) < 4 * 1.5 * std::sqrt(0.25 / size));
    for (std::size_t i = 0; i < size; ++i) {
        BOOST_TEST_REQUIRE(std::abs(x[i] - (drawn[i] != 0 ? 1.5 / 0.8 : 0.0)) < 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(scale_times_keep_is_exactly_one) {
    for (const double p : {0.0, 0.1, 0.2, 0.3, 0.5, 0.9}) {
        const DropoutRate rate(p);
        const double keep = (65536.0 - rate.threshold()) / 65536.0;
        BOOST_TEST(std::abs(rate.scale() * keep - 1) < 1e-7);
    }
}

BOOST_AUTO_TEST_CASE(zero_keeps_everything) {
    std::vector<float> x{1, -2, 3};
    compute::apply_mask(DropoutRate(0), mask(0, 3), {x.data(), 1, 3, 3});
    BOOST_TEST((x == std::vector<float>{1, -2, 3}));
}

BOOST_AUTO_TEST_CASE(rows_are_masked_one_after_the_other) {
    std::vector<float> x{1, 2, 9, 3, 4, 9};
    compute::apply_mask(DropoutRate(0.5), std::vector<std::uint8_t>{1, 0, 0, 1}, {x.data(), 2, 2, 3});
    BOOST_TEST((x == std::vector<float>{2, 0, 9, 0, 8, 9}));
}

BOOST_AUTO_TEST_CASE(the_same_stream_gives_the_same_mask_and_another_step_another) {
    BOOST_TEST((mask(0.3, 1000, 5) == mask(0.3, 1000, 5)));
    BOOST_TEST((mask(0.3, 1000, 5) != mask(0.3, 1000, 6)));
}

BOOST_AUTO_TEST_CASE(rates_outside_the_interval_are_refused) {
    BOOST_CHECK_THROW(DropoutRate(1.0), core::ContractViolation);
    BOOST_CHECK_THROW(DropoutRate(-0.1), core::ContractViolation);
    BOOST_CHECK_THROW(DropoutRate(std::nan("")), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
