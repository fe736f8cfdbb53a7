#include "analysis/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(bootstrap_tests)

using analysis::resampled_sums;

namespace {

/// How often each sum occurs among all equally likely ordered samples of values.size() draws with replacement.
std::map<std::int64_t, double> enumerate(const std::vector<std::int64_t>& values) {
    std::map<std::int64_t, double> probabilities{{0, 1.0}};
    for (std::size_t draw = 0; draw < values.size(); ++draw) {
        std::map<std::int64_t, double> next;
        for (const auto& [sum, probability] : probabilities) {
            for (const std::int64_t value : values) {
                next[sum + value] += probability / static_cast<double>(values.size());
            }
        }
        probabilities = next;
    }
    return probabilities;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sums_are_distributed_as_if_resampled_item_by_item) {
    const std::vector<std::vector<std::int64_t>> cases{
        {0, 1}, {5, 5, 5, -1}, {0, 0, 0, 1, 3}, {-2, -1, 0, 0, 1, 7, 7}, {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, -3, -3}};
    for (const auto& values : cases) {
        const auto exact = enumerate(values);
        constexpr std::size_t replicates = 400'000;
        std::map<std::int64_t, double> seen;
        for (const std::int64_t sum : resampled_sums(values, {.replicates = replicates, .seed = 3})) ++seen[sum];
        double chi_square = 0;
        double freedom = -1;
        for (const auto& [sum, probability] : exact) {
            const double expected = probability * static_cast<double>(replicates);
            if (expected < 5) continue;
            chi_square += (seen[sum] - expected) * (seen[sum] - expected) / expected;
            ++freedom;
        }
        for (const auto& [sum, count] : seen) BOOST_TEST(exact.contains(sum), "impossible sum " << sum);
        // Five standard deviations of a chi-square variable.
        BOOST_TEST(chi_square < freedom + 5 * std::sqrt(2 * freedom),
                   values.size() << " values: chi-square " << chi_square << " at " << freedom << " degrees");
    }
}

BOOST_AUTO_TEST_CASE(many_items_have_the_moments_of_the_bootstrap) {
    std::vector<std::int64_t> values;
    for (int i = 0; i < 10'000; ++i) values.push_back(i % 100 < 93 ? 0 : i % 9 - 4);
    const auto items = static_cast<double>(values.size());
    double mean = 0;
    for (const std::int64_t value : values) mean += static_cast<double>(value) / items;
    double variance = 0;
    for (const std::int64_t value : values) variance += std::pow(static_cast<double>(value) - mean, 2) / items;

    constexpr double replicates = 10'000;
    double sum_mean = 0;
    double sum_square = 0;
    for (const std::int64_t sum : resampled_sums(values, {.replicates = 10'000, .seed = 8})) {
        const double deviation = static_cast<double>(sum) - items * mean;
        sum_mean += deviation / replicates;
        sum_square += deviation * deviation / replicates;
    }
    BOOST_TEST(std::abs(sum_mean) < 4 * std::sqrt(items * variance / replicates));
    BOOST_TEST(std::abs(sum_square / (items * variance) - 1) < 4 * std::sqrt(2 / replicates));
}

BOOST_AUTO_TEST_CASE(equal_values_leave_nothing_to_chance) {
    const std::vector<std::int64_t> values(17, -3);
    for (const std::int64_t sum : resampled_sums(values, {.replicates = 100})) BOOST_TEST(sum == -51);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_and_the_order_of_items_does_not) {
    std::vector<std::int64_t> values;
    for (int i = 0; i < 200; ++i) values.push_back(i % 7 - 2);
    const auto first = resampled_sums(values, {.replicates = 500, .seed = 4});
    BOOST_TEST((resampled_sums(values, {.replicates = 500, .seed = 4}) == first));
    BOOST_TEST((resampled_sums(values, {.replicates = 500, .seed = 5}) != first));
    std::ranges::reverse(values);
    BOOST_TEST((resampled_sums(values, {.replicates = 500, .seed = 4}) == first));
    const auto longer = resampled_sums(values, {.replicates = 600, .seed = 4});
    BOOST_TEST(std::equal(first.begin(), first.end(), longer.begin()));
}

BOOST_AUTO_TEST_CASE(nothing_to_resample_is_refused) {
    BOOST_CHECK_THROW(static_cast<void>(resampled_sums({}, {})), core::ContractViolation);
    const std::array<std::int64_t, 1> one{1};
    BOOST_CHECK_THROW(static_cast<void>(resampled_sums(one, {.replicates = 0})), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
