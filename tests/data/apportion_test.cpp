#include "data/apportion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(apportion_tests)

namespace {

using Counts = std::vector<std::size_t>;

Counts apportion(const Counts& counts, std::size_t total, core::RandomStream& random) {
    return data::apportion(counts, total, counts, random);
}

/// Of each part, the rows of each class.
std::vector<Counts> placed(const data::GroupCounts& counts, const std::vector<double>& shares) {
    const auto parts = data::place_groups(counts, shares);
    std::vector<Counts> rows(shares.size(), Counts(counts.classes));
    for (std::size_t group = 0; group < parts.size(); ++group) {
        for (std::size_t c = 0; c < counts.classes; ++c)
            rows.at(parts[group]).at(c) += counts.rows[group * counts.classes + c];
    }
    return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(quotas_that_are_whole_numbers_are_the_shares) {
    core::RandomStream random({.seed = 2});
    for (int round = 0; round < 20; ++round) {
        BOOST_TEST((apportion({90, 10}, 20, random) == Counts{18, 2}));
        BOOST_TEST((apportion({0, 7}, 3, random) == Counts{0, 3}));
        BOOST_TEST((apportion({5, 5}, 10, random) == Counts{5, 5}));
    }
}

// Of 1,000 rows a tenth; the rare classes would get none of them by the largest remainders, ever.
BOOST_AUTO_TEST_CASE(shares_are_the_quotas_on_average) {
    const Counts counts{488, 488, 4, 4, 4, 4, 4, 4};
    constexpr int rounds = 20'000;
    Counts sums(counts.size());
    core::RandomStream random({.seed = 4});
    for (int round = 0; round < rounds; ++round) {
        const Counts shares = apportion(counts, 100, random);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += shares[i];
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const double quota = static_cast<double>(counts[i]) / 10;
        const double part = quota - std::floor(quota);
        BOOST_TEST(std::abs(static_cast<double>(sums[i]) / rounds - quota) < 4 * std::sqrt(part * (1 - part) / rounds));
    }
}

BOOST_AUTO_TEST_CASE(every_share_is_as_near_as_whole_rows_get) {
    core::RandomStream random({.seed = 3});
    for (int round = 0; round < 200; ++round) {
        Counts counts(1 + random.below(6));
        for (std::size_t& count : counts) count = random.below(50);
        counts.front() += 1;
        const std::size_t all = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
        const std::size_t total = random.below(static_cast<std::uint32_t>(all + 1));
        const Counts shares = apportion(counts, total, random);
        BOOST_TEST(std::accumulate(shares.begin(), shares.end(), std::size_t{0}) == total);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const double quota = static_cast<double>(counts[i] * total) / static_cast<double>(all);
            BOOST_TEST(std::abs(static_cast<double>(shares[i]) - quota) < 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_one_may_not_take_others_do) {
    core::RandomStream random({.seed = 6});
    for (int round = 0; round < 20; ++round) {
        BOOST_TEST((data::apportion(Counts{1, 1, 8}, 5, Counts{0, 0, 7}, random) == Counts{0, 0, 5}));
        BOOST_TEST((data::apportion(Counts{1, 3}, 4, Counts{0, 2}, random) == Counts{0, 2}));
        BOOST_TEST((data::apportion(Counts{2, 6}, 6, Counts{1, 5}, random) == Counts{1, 5}));
        BOOST_TEST((data::apportion(Counts{1, 1}, 1, Counts{0, 0}, random) == Counts{0, 0}));
    }
}

BOOST_AUTO_TEST_CASE(parts_of_groups_have_their_shares) {
    core::RandomStream random({.seed = 5});
    data::GroupCounts counts{.classes = 3, .rows = {}};
    Counts all(3);
    for (int group = 0; group < 60; ++group) {
        for (std::size_t c = 0; c < 3; ++c) {
            counts.rows.push_back((c == 0 ? 1U : 0U) + random.below(c == 1 ? 20 : 4));
            all[c] += counts.rows.back();
        }
    }
    const std::vector<double> shares{0.2, 0.1, 0.7};
    const auto rows = placed(counts, shares);
    for (std::size_t part = 0; part < shares.size(); ++part) {
        for (std::size_t c = 0; c < 3; ++c) {
            const double share = static_cast<double>(rows[part][c]) / static_cast<double>(all[c]);
            BOOST_TEST(std::abs(share - shares[part]) < 0.03, "part " << part << ", class " << c << ": " << share);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_part_gets_a_group) {
    const data::GroupCounts counts{.classes = 1, .rows = {100, 1, 1}};
    for (const Counts& rows : placed(counts, {0.05, 0.05, 0.9})) BOOST_TEST(rows[0] > 0U);
    BOOST_TEST((placed(counts, {0.05, 0.05, 0.9})[2] == Counts{100}));
}

BOOST_AUTO_TEST_SUITE_END()
