#include "core/random.hpp"

#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(random_tests)

using core::Purpose;
using core::RandomStream;
using core::StreamKey;
using Words = std::array<std::uint32_t, 4>;

// Known answers published with the Random123 library (kat_vectors, philox4x32 10).
BOOST_AUTO_TEST_CASE(philox_known_answers) {
    BOOST_TEST((core::philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    constexpr std::uint32_t ones = 0xffffffff;
    BOOST_TEST((core::philox({ones, ones, ones, ones}, {ones, ones}) ==
                Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    BOOST_TEST((core::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(golden_draws) {
    RandomStream stream({.seed = 1, .member = 2, .purpose = Purpose::dropout, .epoch = 3, .step = 4});
    const Words expected = core::philox({0, 4, 3, 2U << 8U | 6U}, {1, 0});
    for (const std::uint32_t word : expected) BOOST_TEST(stream.bits() == word);
}

BOOST_AUTO_TEST_CASE(streams_of_different_keys_differ) {
    std::set<std::uint32_t> first_words;
    std::size_t keys = 0;
    for (std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32U}) {
        for (std::uint32_t member : {0U, 1U, 300U}) {
            for (auto purpose : {Purpose::data, Purpose::shuffle, Purpose::dropout}) {
                for (std::uint32_t epoch : {0U, 1U}) {
                    for (std::uint32_t step : {0U, 1U}) {
                        first_words.insert(RandomStream({seed, member, purpose, epoch, step}).bits());
                        ++keys;
                    }
                }
            }
        }
    }
    BOOST_TEST(first_words.size() == keys);
}

BOOST_AUTO_TEST_CASE(members_fit_their_field) {
    BOOST_CHECK_THROW(RandomStream({.member = 1U << 24U}), core::ContractViolation);
    BOOST_CHECK_NO_THROW(RandomStream({.member = (1U << 24U) - 1}));
}

BOOST_AUTO_TEST_CASE(filling_equals_drawing_one_by_one_at_every_length) {
    for (std::size_t length = 0; length < 200; ++length) {
        RandomStream one({.seed = 9});
        RandomStream many({.seed = 9});
        std::vector<std::uint32_t> words(length);
        many.fill(words);
        for (const std::uint32_t word : words) BOOST_TEST_REQUIRE(one.bits() == word);
        while (length % 4 != 0) {  // a fill ends on a block boundary
            static_cast<void>(one.bits());
            ++length;
        }
        BOOST_TEST_REQUIRE(one.bits() == many.bits());
    }
}

BOOST_AUTO_TEST_CASE(seeking_enters_the_sequence_anywhere) {
    RandomStream from_start({.seed = 5});
    for (int i = 0; i < 40; ++i) static_cast<void>(from_start.bits());
    RandomStream entered({.seed = 5});
    entered.seek(10);
    for (int i = 0; i < 9; ++i) BOOST_TEST(from_start.bits() == entered.bits());
}

BOOST_AUTO_TEST_CASE(uniform_has_its_moments) {
    RandomStream stream({.seed = 3});
    constexpr int count = 200'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < count; ++i) {
        const double u = stream.uniform();
        BOOST_TEST_REQUIRE((u >= 0 && u < 1));
        sum += u;
        squares += u * u;
    }
    // Four standard errors: sqrt(1/12/n) and sqrt(4/45/n).
    BOOST_TEST(std::abs(sum / count - 0.5) < 4 * std::sqrt(1.0 / 12 / count));
    BOOST_TEST(std::abs(squares / count - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / count));
}

BOOST_AUTO_TEST_CASE(normal_has_its_moments_and_tails) {
    RandomStream stream({.seed = 4});
    constexpr int count = 200'000;
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    int beyond_two = 0;
    for (int i = 0; i < count; ++i) {
        const double x = stream.normal();
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        beyond_two += std::abs(x) > 2 ? 1 : 0;
    }
    BOOST_TEST(std::abs(sum / count) < 4 / std::sqrt(count));
    BOOST_TEST(std::abs(squares / count - 1) < 4 * std::sqrt(2.0 / count));
    BOOST_TEST(std::abs(fourth / count - 3) < 4 * std::sqrt(96.0 / count));
    BOOST_TEST(std::abs(beyond_two / double{count} - 0.0455) < 4 * std::sqrt(0.0455 / count));
}

BOOST_AUTO_TEST_CASE(below_is_unbiased) {
    RandomStream stream({.seed = 6});
    constexpr std::uint32_t bound = 7;
    constexpr int count = 70'000;
    std::array<int, bound> seen{};
    for (int i = 0; i < count; ++i) ++seen.at(stream.below(bound));
    double chi_squared = 0;
    for (const int n : seen) chi_squared += (n - count / 7.0) * (n - count / 7.0) / (count / 7.0);
    BOOST_TEST(chi_squared < 22.46);  // 99.9 % point, 6 degrees of freedom
}

BOOST_AUTO_TEST_CASE(every_order_is_equally_likely) {
    RandomStream stream({.seed = 7});
    std::map<std::vector<std::uint32_t>, int> seen;
    constexpr int count = 24'000;
    for (int i = 0; i < count; ++i) {
        std::vector<std::uint32_t> items(4);
        std::iota(items.begin(), items.end(), 0U);
        stream.shuffle(items);
        ++seen[items];
    }
    BOOST_TEST(seen.size() == 24U);
    double chi_squared = 0;
    for (const auto& [order, n] : seen) chi_squared += (n - 1000.0) * (n - 1000.0) / 1000.0;
    BOOST_TEST(chi_squared < 49.73);  // 99.9 % point, 23 degrees of freedom
}

BOOST_AUTO_TEST_SUITE_END()
