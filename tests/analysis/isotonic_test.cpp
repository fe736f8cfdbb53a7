#include "analysis/isotonic.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/sequence.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(isotonic_tests)

using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

/// The value of each: [values.size()].
Values isotonic_fit(const Values& values, const Values& weights) {
    Values fit;
    for (const analysis::IsotonicBlock& block : analysis::isotonic_blocks(values, weights))
        fit.resize(block.end, block.value());
    return fit;
}

/// max over i ≤ k of min over j ≥ k of the weighted mean of i … j: the fit's closed form (Barlow et al. 1972).
Values fit_by_definition(const Values& values, const Values& weights) {
    Values fit;
    for (std::size_t k = 0; k < values.size(); ++k) {
        double best = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i <= k; ++i) {
            double least = std::numeric_limits<double>::infinity();
            double sum = 0;
            double weight = 0;
            for (std::size_t j = i; j < values.size(); ++j) {
                sum += weights[j] * values[j];
                weight += weights[j];
                if (j >= k) least = std::min(least, sum / weight);
            }
            best = std::max(best, least);
        }
        fit.push_back(best);
    }
    return fit;
}

}  // namespace

// Values by references.py isotonic: scikit-learn's IsotonicRegression.
BOOST_AUTO_TEST_CASE(a_weighted_fit_agrees_with_another_library) {
    Sequence sequence(5);
    Values values = sequence.take(40);
    for (std::size_t i = 0; i < 40; ++i) values[i] += static_cast<double>(i) / 40;
    Values weights = sequence.take(40);
    for (double& weight : weights) weight += 0.1;
    const Values fit = isotonic_fit(values, weights);
    BOOST_TEST(fit[0] == 0.5723523066754197, nearly);
    BOOST_TEST(fit[10] == 0.63550640206890829, nearly);
    BOOST_TEST(fit[20] == 1.0420484591186796, nearly);
    BOOST_TEST(fit[30] == 1.0427491488084824, nearly);
    BOOST_TEST(fit[39] == 1.3231144779968809, nearly);
    BOOST_TEST(std::accumulate(fit.begin(), fit.end(), 0.0) == 38.314219441342175, nearly);
    BOOST_TEST(std::set<double>(fit.begin(), fit.end()).size() == 9U);
}

BOOST_AUTO_TEST_CASE(fits_have_their_closed_form) {
    Sequence sequence(6);
    for (std::size_t count = 1; count <= 25; ++count) {
        const Values values = sequence.take(count);
        Values weights = sequence.take(count);
        for (double& weight : weights) weight += 0.01;
        BOOST_TEST(isotonic_fit(values, weights) == fit_by_definition(values, weights),
                   nearly << boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(what_rises_stays_and_what_falls_becomes_the_mean) {
    const Values rising{-1, 0, 0.5, 8};
    BOOST_TEST((isotonic_fit(rising, Values(4, 2)) == rising));
    BOOST_TEST((isotonic_fit(Values{4, 3, 2, 1}, Values{1, 1, 1, 1}) == Values(4, 2.5)));
    BOOST_TEST((isotonic_fit(Values{1, 0}, Values{3, 1}) == Values(2, 0.75)));
    BOOST_TEST((isotonic_fit(Values{7}, Values{0.5}) == Values{7}));
    BOOST_TEST(isotonic_fit({}, {}).empty());
}

BOOST_AUTO_TEST_CASE(equal_neighbours_are_one_block) {
    const auto blocks = analysis::isotonic_blocks(Values{0, 0, 1, 0, 1, 1}, Values{1, 2, 1, 1, 1, 1});
    BOOST_TEST_REQUIRE(blocks.size() == 3U);
    BOOST_TEST(blocks[0].end == 2U);
    BOOST_TEST(blocks[0].weight == 3.0);
    BOOST_TEST(blocks[0].value() == 0.0);
    BOOST_TEST(blocks[1].end == 4U);
    BOOST_TEST(blocks[1].value() == 0.5);
    BOOST_TEST(blocks[2].end == 6U);
    BOOST_TEST(blocks[2].value() == 1.0);
}

BOOST_AUTO_TEST_CASE(thirds_are_found_equal) {
    // Sums 1 of 3 and 2 of 6 are the same frequency, whatever a third is in binary.
    const auto blocks = analysis::isotonic_blocks(Values{0, 0, 1, 0, 0, 0, 0, 1, 1}, Values(9, 1));
    BOOST_TEST(blocks.front().end == 2U);
    std::vector<analysis::IsotonicBlock> pooled;
    analysis::pool_adjacent_violators(Values{1, 2, 7, 49}, Values{3, 6, 21, 147}, pooled);
    BOOST_TEST(pooled.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_weighed_is_refused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    BOOST_CHECK_THROW(static_cast<void>(isotonic_fit(Values{1, 2}, Values{1})), core::ContractViolation);
    for (const double bad : {nan, infinite})
        BOOST_CHECK_THROW(static_cast<void>(isotonic_fit(Values{1, bad}, Values{1, 1})), core::ContractViolation);
    for (const double bad : {nan, infinite, 0.0, -1.0})
        BOOST_CHECK_THROW(static_cast<void>(isotonic_fit(Values{1, 2}, Values{1, bad})), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
