#include "analysis/paired_tests.hpp"

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

BOOST_AUTO_TEST_SUITE(paired_tests_tests)

using analysis::diebold_mariano;
using analysis::mcnemar_exact;
using Differences = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
const Differences twelve{0.31, -0.12, 0.55, 0.47, 0.02, -0.2, 0.11, 0.38, 0.29, -0.05, 0.14, 0.6};

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

// scipy 1.10: stats.binomtest(k, n).pvalue, stats.ttest_1samp(d, 0); for a lag the formula of the header in numpy with
// stats.t.sf.
BOOST_AUTO_TEST_CASE(p_values_are_those_of_scipy) {
    BOOST_TEST(mcnemar_exact(3, 12) == 0.03515625, nearly);
    BOOST_TEST(mcnemar_exact(1, 7) == 0.0703125, nearly);
    BOOST_TEST(mcnemar_exact(41, 20) == 0.009853448195259268, nearly);
    BOOST_TEST(diebold_mariano(twelve).statistic == 2.7168660974464176, nearly);
    BOOST_TEST(diebold_mariano(twelve).p_value == 0.020043410805181173, nearly);
    BOOST_TEST(analysis::paired_t_test(twelve) == 0.020043410805181173, nearly);
    BOOST_TEST(diebold_mariano(twelve, 1).statistic == 2.5516774692774433, nearly);
    BOOST_TEST(diebold_mariano(twelve, 1).p_value == 0.02691457818620667, nearly);
}

BOOST_AUTO_TEST_CASE(rows_whose_variance_cannot_be_estimated_tell_nothing) {
    BOOST_TEST(diebold_mariano(twelve, 3).p_value == 1.0);  // the sum of covariances is negative
    BOOST_TEST(diebold_mariano(Differences{0.5, 0.5}).p_value == 0.0);
    BOOST_TEST(std::isinf(diebold_mariano(Differences{0.5, 0.5}).statistic));
    BOOST_TEST(diebold_mariano(Differences{0.5}).p_value == 1.0);
    BOOST_CHECK_THROW(static_cast<void>(diebold_mariano(twelve, 12)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(diebold_mariano(Differences{})), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(rows_in_the_order_of_time_keep_the_level) {
    // Differences that depend on their two predecessors: a test of independent rows is wrong far more often.
    core::RandomStream stream({.seed = 33});
    constexpr int studies = 2000;
    int rejected = 0;
    int naive = 0;
    for (int i = 0; i < studies; ++i) {
        Differences noise(202);
        for (double& value : noise) value = stream.normal();
        Differences differences(200);
        for (std::size_t t = 0; t < 200; ++t) differences[t] = noise[t] + noise[t + 1] + noise[t + 2];
        rejected += diebold_mariano(differences, 2).p_value < 0.05 ? 1 : 0;
        naive += diebold_mariano(differences).p_value < 0.05 ? 1 : 0;
    }
    BOOST_TEST(rejected > 0.03 * studies);
    BOOST_TEST(rejected < 0.08 * studies);
    BOOST_TEST(naive > 0.15 * studies);
}

BOOST_AUTO_TEST_CASE(what_are_no_counts_is_refused) {
    BOOST_CHECK_THROW(static_cast<void>(mcnemar_exact(-1, 2)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
