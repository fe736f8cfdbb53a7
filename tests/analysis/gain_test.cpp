#include "analysis/gain.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(gain_tests)

using analysis::Gain;
using analysis::PairedGain;
using Counts = std::vector<std::int64_t>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
const auto rounded = boost::test_tools::tolerance(1e-7);

/// Items of a simulated study with eight members, from a population whose gain over the mean member is known.
struct Study {
    static constexpr std::int64_t members = 8;
    static constexpr double true_gain = 0.12 * 0.375 - 0.05 * 0.25;
    static constexpr double true_gain_over_one = 0.12 * 0.5 - 0.05 * 0.5;
    Counts ensemble;
    Counts hits;
    Counts one;  ///< hits of one member

    Study(std::size_t items, core::RandomStream& stream) {
        for (std::size_t item = 0; item < items; ++item) {
            const double u = stream.uniform();
            if (u < 0.12) {  // the ensemble corrects a minority of 1 to 5 members
                add(1, 3 + stream.below(5), stream.below(2));
            } else if (u < 0.17) {  // it follows a wrong majority
                add(0, 1 + stream.below(3), stream.below(2));
            } else if (u < 0.25) {
                add(0, 0, 0);
            } else {
                add(1, members, 1);
            }
        }
    }

    void add(std::int64_t right, std::int64_t right_members, std::int64_t right_one) {
        ensemble.push_back(right);
        hits.push_back(right_members);
        one.push_back(right_one);
    }
};

Counts of(std::int64_t rows, std::int64_t ones, std::int64_t before = 0) {
    Counts counts(static_cast<std::size_t>(rows));
    std::fill_n(counts.begin() + before, ones, 1);
    return counts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gains_by_hand) {
    // Four items, four members: the ensemble has 3 of 4 right, the members 2, 4, 1 and 1 of 4: on average 2 of 4.
    const Gain gain = analysis::gain_over_mean(Counts{1, 1, 1, 0}, Counts{2, 4, 1, 1}, 4);
    BOOST_TEST(gain.value == 0.25);
    // Gains ½, 0, ¾ and −¼: squares 0.875 of three rows, two more rows of (0.875 + 0.25) / 4 each, the mean 1 / 6.
    const double half = 1.959963984540054 * std::sqrt(((0.875 + 2 * 1.125 / 4) / 6 - 1.0 / 36) / 6);
    BOOST_TEST(gain.ci95.low == 1.0 / 6 - half, nearly);
    BOOST_TEST(gain.ci95.high == 1.0 / 6 + half, nearly);

    const PairedGain paired = analysis::gain_over_member(Counts{1, 1, 1, 0, 1, 1, 0}, Counts{0, 1, 0, 1, 0, 0, 0});
    BOOST_TEST(paired.only_ensemble == 4);
    BOOST_TEST(paired.only_member == 1);
    BOOST_TEST(paired.gain.value == 3.0 / 7.0, nearly);
    BOOST_TEST(paired.p_value == 0.375, nearly);  // 2 · (1 + 5) / 2^5
}

// Tango 1998; the first is the example of Fagerland, Lydersen and Laake 2013 (bronchial responsiveness), −0.517 to
// −0.026 there. scipy 1.10: the share that only the second has right by optimize.minimize_scalar of the likelihood
// given the difference, then optimize.brentq of (b − c − nD) / √(n (2q + D (1 − D))) = ±1.95996.
BOOST_AUTO_TEST_CASE(the_score_interval_is_that_of_the_literature) {
    const auto check = [](std::int64_t b, std::int64_t c, std::int64_t n, double low, double high) {
        const analysis::Interval found = analysis::paired_score_interval(b, c, n);
        BOOST_TEST(found.low == low, rounded);
        BOOST_TEST(found.high == high, rounded);
        const analysis::Interval turned = analysis::paired_score_interval(c, b, n);
        BOOST_TEST(turned.low == -high, rounded);
        BOOST_TEST(turned.high == -low, rounded);
    };
    check(1, 7, 21, -0.51723227727077, -0.02600303205746676);
    check(5, 0, 114, 0.009831354249637471, 0.09858080231096333);
    check(4, 1, 7, -0.19874943288409963, 0.7926449345233335);
    check(30, 12, 500, 0.011095209982190078, 0.06317002704908997);
    // Where no pair is discordant z² / (n + z²) either way.
    const double z_square = 1.959963984540054 * 1.959963984540054;
    check(0, 0, 30, -z_square / (30 + z_square), z_square / (30 + z_square));
    BOOST_CHECK_THROW(static_cast<void>(analysis::paired_score_interval(2, 2, 3)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::paired_score_interval(0, 0, 0)), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(rows_without_a_difference_do_not_prove_that_there_is_none) {
    const PairedGain gain = analysis::gain_over_member(of(50, 40), of(50, 40));
    BOOST_TEST(gain.gain.value == 0.0);
    BOOST_TEST(gain.p_value == 1.0);
    BOOST_TEST(gain.gain.ci95.high == 0.0713, boost::test_tools::tolerance(0.001));
    const Gain mean = analysis::gain_over_mean(of(50, 50), Counts(50, 8), 8);
    BOOST_TEST(mean.value == 0.0);
    // Two rows more, of ½ either way.
    BOOST_TEST(mean.ci95.high == 1.959963984540054 * std::sqrt(0.5) / 52, nearly);
    BOOST_TEST(mean.ci95.low == -mean.ci95.high);
}

BOOST_AUTO_TEST_CASE(one_member_is_its_own_ensemble) {
    const Gain gain = analysis::gain_over_mean(of(9, 5), of(9, 5), 1);
    BOOST_TEST(gain.value == 0.0);
    BOOST_TEST(gain.ci95.low == 0.0);
    BOOST_TEST(gain.ci95.high == 0.0);
}

BOOST_AUTO_TEST_CASE(two_rows_have_an_interval) {
    const Gain mean = analysis::gain_over_mean(Counts{1, 1}, Counts{0, 0}, 2);
    BOOST_TEST(mean.value == 1.0);
    BOOST_TEST(mean.ci95.low < 0);
    BOOST_TEST(mean.ci95.high == 1.0);
    const PairedGain one = analysis::gain_over_member(Counts{1, 1}, Counts{0, 0});
    BOOST_TEST(one.gain.ci95.low < 0);
    BOOST_TEST(one.gain.ci95.high == 1.0, rounded);
}

BOOST_AUTO_TEST_CASE(rows_are_paired) {
    // Ensemble and member err on the same half of the items but for one.
    Counts ensemble_hits(1000);
    for (std::size_t i = 0; i < 1000; ++i) ensemble_hits[i] = i % 2 == 0 ? 1 : 0;
    Counts member_hits = ensemble_hits;
    member_hits[0] = 0;
    const PairedGain gain = analysis::gain_over_member(ensemble_hits, member_hits);
    BOOST_TEST(gain.gain.ci95.low > -0.004);
    BOOST_TEST(gain.gain.ci95.high < 0.006);
}

BOOST_AUTO_TEST_CASE(interval_and_test_agree_whether_the_gain_could_be_chance) {
    // Of the score interval alone that is not true: five items gained, none lost, has p = 0.0625.
    for (const std::int64_t discordant : {1, 2, 4, 5, 6, 7, 12, 14, 15, 30, 61, 100}) {
        for (std::int64_t b = 0; b <= discordant; ++b) {
            for (const std::int64_t rows : {discordant, std::int64_t{400}}) {
                const PairedGain paired = analysis::gain_over_member(of(rows, b), of(rows, discordant - b, b));
                BOOST_TEST(paired.gain.ci95.holds(0) == (paired.p_value >= 0.05), b << " of " << discordant);
                BOOST_TEST(paired.gain.ci95.low <= paired.gain.value);
                BOOST_TEST(paired.gain.ci95.high >= paired.gain.value);
            }
        }
    }
}

// 3000 studies: the share of intervals that hold the truth has a standard error of 0.4 points.
BOOST_AUTO_TEST_CASE(intervals_cover_the_truth_in_95_percent_of_studies) {
    core::RandomStream stream({.seed = 2024});
    constexpr int studies = 3000;
    int mean_covered = 0;
    int one_covered = 0;
    for (int i = 0; i < studies; ++i) {
        const Study study(114, stream);
        const Gain over_mean = analysis::gain_over_mean(study.ensemble, study.hits, Study::members);
        const PairedGain over_one = analysis::gain_over_member(study.ensemble, study.one);
        mean_covered += over_mean.ci95.holds(Study::true_gain) ? 1 : 0;
        one_covered += over_one.gain.ci95.holds(Study::true_gain_over_one) ? 1 : 0;
    }
    BOOST_TEST_MESSAGE("coverage: " << mean_covered << " and " << one_covered << " of " << studies);
    for (const int covered : {mean_covered, one_covered}) {
        BOOST_TEST(covered > 0.938 * studies);
        BOOST_TEST(covered < 0.975 * studies);
    }
}

BOOST_AUTO_TEST_CASE(what_are_no_hits_is_refused) {
    const auto over_mean = [](const Counts& ensemble_hits, const Counts& member_hits, std::int64_t members) {
        static_cast<void>(analysis::gain_over_mean(ensemble_hits, member_hits, members));
    };
    BOOST_CHECK_THROW(over_mean({1, 0}, {1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({2}, {1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({1}, {3}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({1}, {-1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({1}, {0}, 0), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({}, {}, 1), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
