#include "compute/histogram.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(histogram_tests)

using compute::Histogram;

namespace {

Histogram histogram_of(const std::vector<float>& numbers) {
    compute::HistogramCounter counter;
    counter.add(numbers);
    return counter.take();
}

/// Numbers of all signs and sizes: normal ones times powers of ten from 10⁻⁶ to 10⁶.
std::vector<float> wide_numbers(std::size_t count) {
    core::RandomStream random({.seed = 3});
    std::vector<float> numbers;
    for (std::size_t i = 0; i < count; ++i)
        numbers.push_back(static_cast<float>(random.normal() * std::pow(10.0, random.uniform(-6, 6))));
    return numbers;
}

/// How many of the numbers belong between the ends of a bucket: of positive ones the lower end is its own, of negative
/// ones the upper end.
std::uint64_t count_between(const std::vector<float>& numbers, double low, double high) {
    std::uint64_t count = 0;
    for (const float number : numbers) {
        const auto x = static_cast<double>(number);
        if (x >= 0 ? (low <= x && x < high) : (low < x && x <= high)) ++count;
    }
    return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_bucket_has_the_numbers_between_its_ends) {
    const std::vector<float> numbers = wide_numbers(5003);
    const Histogram histogram = histogram_of(numbers);
    BOOST_TEST(histogram.count == numbers.size());
    BOOST_TEST_REQUIRE(histogram.limits.size() == histogram.counts.size());
    BOOST_TEST(histogram.counts.front() == 0U);  // it says where the first with numbers begins
    std::uint64_t sum = 0;
    for (std::size_t i = 1; i < histogram.limits.size(); ++i) {
        const double low = histogram.limits[i - 1];
        const double high = histogram.limits[i];
        BOOST_TEST(low < high);
        BOOST_TEST(histogram.counts[i] == count_between(numbers, low, high), low << " to " << high);
        sum += histogram.counts[i];
        const double nearer = std::min(std::abs(low), std::abs(high));
        if (histogram.counts[i] > 0 && low * high > 0) BOOST_TEST(high - low <= nearer / 8 * (1 + 1e-12));
    }
    BOOST_TEST(sum == numbers.size());
}

BOOST_AUTO_TEST_CASE(its_moments_are_those_of_the_numbers) {
    const std::vector<float> numbers = wide_numbers(1001);
    const Histogram histogram = histogram_of(numbers);
    double sum = 0;
    double squares = 0;
    for (const float number : numbers) {
        sum += static_cast<double>(number);
        squares += static_cast<double>(number) * static_cast<double>(number);
    }
    BOOST_TEST(histogram.sum == sum, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(histogram.sum_of_squares == squares, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(histogram.least == static_cast<double>(std::ranges::min(numbers)));
    BOOST_TEST(histogram.most == static_cast<double>(std::ranges::max(numbers)));
}

BOOST_AUTO_TEST_CASE(pieces_add_up_and_a_counter_begins_anew) {
    const std::vector<float> numbers = wide_numbers(64);
    compute::HistogramCounter counter;
    counter.add(std::span(numbers).first(24));
    counter.add(std::span(numbers).subspan(24));
    const Histogram whole = histogram_of(numbers);
    for (int round = 0; round < 2; ++round) {
        const Histogram histogram = counter.take();
        BOOST_TEST(histogram.limits == whole.limits, boost::test_tools::per_element());
        BOOST_TEST(histogram.counts == whole.counts, boost::test_tools::per_element());
        BOOST_TEST(histogram.sum == whole.sum);
        BOOST_TEST(histogram.most == whole.most);
        counter.add(numbers);
    }
}

BOOST_AUTO_TEST_CASE(zeros_and_tiny_numbers_share_a_bucket_about_zero) {
    const Histogram histogram = histogram_of({0.0F, -0.0F, 1e-20F, -1e-30F, 0.5F});
    const double tiny = std::ldexp(1.0, -40);
    BOOST_TEST(histogram.limits == (std::vector<double>{-tiny, tiny, 0.5, 0.5625}), boost::test_tools::per_element());
    BOOST_TEST(histogram.counts == (std::vector<std::uint64_t>{0, 4, 0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ends_of_buckets_belong_to_the_bucket_farther_from_zero) {
    const Histogram histogram = histogram_of({1.0F, -1.0F});
    BOOST_TEST(histogram.limits == (std::vector<double>{-1.125, -1.0, 1.0, 1.125}), boost::test_tools::per_element());
    BOOST_TEST(histogram.counts == (std::vector<std::uint64_t>{0, 1, 0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_does_not_count) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float largest = std::numeric_limits<float>::max();
    const Histogram histogram =
        histogram_of({infinity, -infinity, std::nanf(""), -std::nanf(""), 2.0F, largest, -largest});
    BOOST_TEST(histogram.count == 3U);
    BOOST_TEST(histogram.least == -static_cast<double>(largest));
    BOOST_TEST(histogram.most == static_cast<double>(largest));
    BOOST_TEST(histogram.sum_of_squares == 2 * static_cast<double>(largest) * static_cast<double>(largest));
    BOOST_TEST(histogram.limits.back() == static_cast<double>(largest));
}

BOOST_AUTO_TEST_CASE(no_numbers_no_buckets) {
    for (const Histogram& histogram : {histogram_of({}), histogram_of({std::nanf("")})}) {
        BOOST_TEST(histogram.count == 0U);
        BOOST_TEST(histogram.limits.empty());
        BOOST_TEST(histogram.least == 0.0);
        BOOST_TEST(histogram.most == 0.0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
