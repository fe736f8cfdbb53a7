#include "analysis/gain.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include <boost/math/distributions/binomial.hpp>
#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(gain_tests)

using analysis::Gain;
using analysis::mcnemar_exact;
using analysis::PairedGain;
using Counts = std::vector<std::int64_t>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

/// Two-sided exact p-value from whole numbers: binomial coefficients by Pascal's rule, exact up to n = 61.
double enumerated(std::int64_t b, std::int64_t c) {
    const auto n = static_cast<std::size_t>(b + c);
    std::vector<std::uint64_t> row{1};
    for (std::size_t i = 0; i < n; ++i) {
        row.push_back(0);
        for (std::size_t k = row.size() - 1; k > 0; --k) row[k] += row[k - 1];
    }
    std::uint64_t tail = 0;
    for (std::size_t k = 0; k <= static_cast<std::size_t>(std::min(b, c)); ++k) tail += row[k];
    return std::min(1.0, std::ldexp(2.0 * static_cast<double>(tail), -static_cast<int>(n)));
}

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

bool holds(const analysis::Interval& interval, double value) {
    return interval.low <= value && value <= interval.high;
}

}  // namespace

BOOST_AUTO_TEST_CASE(mcnemar_known_values) {
    BOOST_TEST(mcnemar_exact(0, 5) == 0.0625, nearly);
    for (const std::int64_t many : {0, 1, 17, 100'000}) {
        BOOST_TEST(mcnemar_exact(many, many) == 1.0);
        BOOST_TEST(mcnemar_exact(many, many + 1) == 1.0);
        BOOST_TEST(mcnemar_exact(many, many + 2) < 1.0);
    }
    BOOST_TEST(mcnemar_exact(3, 12) == 0.03515625, nearly);
    BOOST_TEST(mcnemar_exact(12, 3) == 0.03515625, nearly);
    BOOST_TEST(mcnemar_exact(0, 0) == 1.0);
    BOOST_TEST(mcnemar_exact(0, 1) == 1.0);
    BOOST_TEST(mcnemar_exact(7, 7) == 1.0);
    BOOST_TEST(mcnemar_exact(7, 8) == 1.0, nearly);
}

BOOST_AUTO_TEST_CASE(mcnemar_equals_enumeration) {
    for (std::int64_t n = 0; n <= 60; ++n) {
        for (std::int64_t b = 0; b <= n; ++b) {
            BOOST_TEST_REQUIRE(mcnemar_exact(b, n - b) == enumerated(b, n - b), nearly);
        }
    }
}

BOOST_AUTO_TEST_CASE(mcnemar_is_stable_for_many_discordant_items) {
    const auto nearly_enough = boost::test_tools::tolerance(1e-9);
    for (const std::int64_t n : {1'000, 10'000, 99'999, 100'000}) {
        for (const double share : {0.1, 0.3, 0.45, 0.49, 0.497, 0.5}) {
            const auto b = static_cast<std::int64_t>(share * static_cast<double>(n));
            const boost::math::binomial_distribution<double> fair(static_cast<double>(n), 0.5);
            const double reference = std::min(1.0, 2 * boost::math::cdf(fair, static_cast<double>(b)));
            if (reference < 1e-290) continue;
            BOOST_TEST(mcnemar_exact(b, n - b) == reference, nearly_enough);
        }
    }
    BOOST_TEST(mcnemar_exact(0, 100'000) == 0.0);  // 2^-99999 is no double
    BOOST_TEST(mcnemar_exact(0, 1'000) == 0x1p-999, nearly_enough);
}

BOOST_AUTO_TEST_CASE(gains_by_hand) {
    // Four items, four members: the ensemble has 3 of 4 right, the members 2, 4, 1 and 1 of 4: on average 2 of 4.
    const Gain gain = analysis::gain_over_mean(Counts{1, 1, 1, 0}, Counts{2, 4, 1, 1}, 4, {});
    BOOST_TEST(gain.value == 0.25);
    BOOST_TEST(gain.ci95.low < 0.25);
    BOOST_TEST(gain.ci95.high > 0.25);

    const PairedGain paired = analysis::gain_over_member(Counts{1, 1, 1, 0, 1, 1, 0}, Counts{0, 1, 0, 1, 0, 0, 0}, {});
    BOOST_TEST(paired.only_ensemble == 4);
    BOOST_TEST(paired.only_member == 1);
    BOOST_TEST(paired.gain.value == 3.0 / 7.0, nearly);
    BOOST_TEST(paired.p_value == 0.375, nearly);  // 2 · (1 + 5) / 2^5
}

BOOST_AUTO_TEST_CASE(the_interval_is_that_of_the_exact_bootstrap_distribution) {
    // 100 items of which 10 gain one: a replicate's mean is Binomial(100, 0.1) / 100, whose 2.5 % and 97.5 % points
    // are 5 and 16 (P(X ≤ 4) = 0.0237, P(X ≤ 5) = 0.0576, P(X ≤ 15) = 0.9601, P(X ≤ 16) = 0.9794).
    Counts hits(100, 0);
    std::fill_n(hits.begin(), 10, 1);
    const Gain gain = analysis::gain_over_mean(hits, Counts(100, 0), 1, {.replicates = 200'000, .seed = 2});
    BOOST_TEST(gain.ci95.low == 0.05, nearly);
    BOOST_TEST(gain.ci95.high == 0.16, nearly);
}

BOOST_AUTO_TEST_CASE(no_difference_gives_no_interval) {
    const Counts hits{1, 0, 1, 1};
    const PairedGain gain = analysis::gain_over_member(hits, hits, {});
    BOOST_TEST(gain.gain.value == 0.0);
    BOOST_TEST(gain.gain.ci95.low == 0.0);
    BOOST_TEST(gain.gain.ci95.high == 0.0);
    BOOST_TEST(gain.p_value == 1.0);
}

BOOST_AUTO_TEST_CASE(resampling_is_paired) {
    // Ensemble and member err on the same half of the items but for one: resampled apart, the interval would be wide.
    Counts ensemble_hits(1000);
    for (std::size_t i = 0; i < 1000; ++i) ensemble_hits[i] = i % 2 == 0 ? 1 : 0;
    Counts member_hits = ensemble_hits;
    member_hits[0] = 0;
    const PairedGain gain = analysis::gain_over_member(ensemble_hits, member_hits, {});
    BOOST_TEST(gain.gain.ci95.low > -0.001);
    BOOST_TEST(gain.gain.ci95.high <= 0.004);
}

BOOST_AUTO_TEST_CASE(interval_and_test_agree_whether_the_gain_could_be_chance) {
    // Of the bootstrap's interval alone that is not true: four or five items gained, none lost, has p = 0.125 or
    // 0.0625.
    for (const std::int64_t discordant : {1, 2, 4, 5, 6, 7, 12, 14, 15, 30, 61, 100}) {
        for (std::int64_t b = 0; b <= discordant; ++b) {
            Counts ensemble_hits(400);
            Counts member_hits(400);
            std::fill_n(ensemble_hits.begin(), b, 1);
            std::fill_n(member_hits.begin() + b, discordant - b, 1);
            const PairedGain paired = analysis::gain_over_member(ensemble_hits, member_hits, {.replicates = 1000});
            const bool holds_zero = paired.gain.ci95.low <= 0 && paired.gain.ci95.high >= 0;
            BOOST_TEST(holds_zero == (paired.p_value >= 0.05), b << " of " << discordant << " discordant items");
            BOOST_TEST(paired.gain.ci95.low <= paired.gain.value);
            BOOST_TEST(paired.gain.ci95.high >= paired.gain.value);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_every_bit) {
    core::RandomStream stream({.seed = 12});
    const Study study(500, stream);
    const auto interval = [&study](std::uint64_t seed) {
        return analysis::gain_over_mean(study.ensemble, study.hits, Study::members, {.seed = seed}).ci95;
    };
    BOOST_TEST(interval(1).low == interval(1).low);
    BOOST_TEST(interval(1).high == interval(1).high);
    bool differs = false;
    for (std::uint64_t seed = 2; seed < 12; ++seed) differs |= interval(seed).low != interval(1).low;
    BOOST_TEST(differs);
}

// 600 studies: the share of intervals that hold the truth has a standard error of 0.9 points.
BOOST_AUTO_TEST_CASE(intervals_cover_the_truth_in_95_percent_of_studies) {
    core::RandomStream stream({.seed = 2024});
    constexpr int studies = 600;
    int mean_covered = 0;
    int one_covered = 0;
    for (int i = 0; i < studies; ++i) {
        const Study study(500, stream);
        const analysis::BootstrapRequest request{.replicates = 2000, .seed = static_cast<std::uint64_t>(i)};
        const Gain over_mean = analysis::gain_over_mean(study.ensemble, study.hits, Study::members, request);
        const PairedGain over_one = analysis::gain_over_member(study.ensemble, study.one, request);
        mean_covered += holds(over_mean.ci95, Study::true_gain) ? 1 : 0;
        one_covered += holds(over_one.gain.ci95, Study::true_gain_over_one) ? 1 : 0;
    }
    BOOST_TEST_MESSAGE("coverage: " << mean_covered << " and " << one_covered << " of " << studies);
    for (const int covered : {mean_covered, one_covered}) {
        BOOST_TEST(covered > 0.92 * studies);
        BOOST_TEST(covered < 0.98 * studies);
    }
}

BOOST_AUTO_TEST_CASE(students_t_known_values) {
    const auto p_value = [](const std::vector<double>& differences) { return analysis::paired_t_test(differences); };
    // Closed forms: of two differences 1 − 2/π · atan t, of three 1 − t / √(t² + 2).
    BOOST_TEST(p_value({1, 3}) == 1 - 2 / std::numbers::pi * std::atan(2), nearly);
    BOOST_TEST(p_value({-1, -3}) == p_value({1, 3}), nearly);
    const double t = 2 / std::sqrt(1.0 / 3);
    BOOST_TEST(p_value({1, 2, 3}) == 1 - t / std::sqrt(t * t + 2), nearly);
    BOOST_TEST(p_value({1, -1}) == 1.0, nearly);
    // By numerical integration of the density.
    const auto integrated = boost::test_tools::tolerance(1e-9);
    BOOST_TEST(p_value({1, 2, 3, 4, 10}) == 0.06467689395635245, integrated);
    BOOST_TEST(p_value({0.1, -0.2, 0.3, -0.4}) == 0.7688373103144638, integrated);
    BOOST_TEST(p_value({-0.25, -0.25, 0.25, -0.5, -0.125, -0.5, 0.25, -0.5}) == 0.10900528060371706, integrated);
    std::vector<double> many;
    for (int i = 0; i < 100; ++i) many.push_back(i % 7 - 2.5);
    BOOST_TEST(p_value(many) == 0.028313284895486457, integrated);
}

BOOST_AUTO_TEST_CASE(differences_that_tell_nothing_have_no_small_p_value) {
    using Differences = std::vector<double>;
    constexpr double infinite = std::numeric_limits<double>::infinity();
    BOOST_TEST(analysis::paired_t_test({}) == 1.0);
    BOOST_TEST(analysis::paired_t_test(Differences{3}) == 1.0);
    BOOST_TEST(analysis::paired_t_test(Differences{0, 0, 0}) == 1.0);
    BOOST_TEST(analysis::paired_t_test(Differences{0.5, 0.5, 0.5}) == 0.0);
    BOOST_TEST(std::isnan(analysis::paired_t_test(Differences{1, infinite, 2})));
    BOOST_TEST(std::isnan(analysis::paired_t_test(Differences{1, std::nan(""), 2})));
}

BOOST_AUTO_TEST_CASE(students_t_is_right_in_5_percent_of_studies_without_a_difference) {
    core::RandomStream stream({.seed = 31});
    constexpr int studies = 4000;
    int rejected = 0;
    for (int i = 0; i < studies; ++i) {
        std::vector<double> differences(12);
        for (double& difference : differences) difference = stream.normal();
        rejected += analysis::paired_t_test(differences) < 0.05 ? 1 : 0;
    }
    BOOST_TEST(rejected > 0.035 * studies);  // 4 standard errors are 1.4 points
    BOOST_TEST(rejected < 0.065 * studies);
}

BOOST_AUTO_TEST_CASE(what_are_no_hits_is_refused) {
    const auto over_mean = [](const Counts& ensemble_hits, const Counts& member_hits, std::int64_t members) {
        static_cast<void>(analysis::gain_over_mean(ensemble_hits, member_hits, members, {}));
    };
    BOOST_CHECK_THROW(over_mean({1, 0}, {1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({2}, {1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({1}, {3}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({1}, {-1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({1}, {0}, 0), core::ContractViolation);
    BOOST_CHECK_THROW(over_mean({}, {}, 1), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(mcnemar_exact(-1, 2)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
