#include "analysis/selective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/sequence.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(selective_tests)

using analysis::RiskCoverage;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

}  // namespace

// Values by references.py selective.
BOOST_AUTO_TEST_CASE(hits_agree_with_another_library) {
    Sequence sequence(2);
    const Values confidence = sequence.take(200);
    Values loss = sequence.take(200);
    for (std::size_t row = 0; row < 200; ++row) loss[row] = loss[row] < 0.4 * (1 - confidence[row]) ? 1 : 0;
    const RiskCoverage curve(confidence, loss);
    BOOST_TEST(curve.aurc() == 0.046014130806003584, nearly);
    BOOST_TEST(curve.augrc() == 0.035125, nearly);  // also by the formula of Traub et al.
    BOOST_TEST(curve.risk_at(0.8) == 0.0875, nearly);
    BOOST_TEST(curve.risk_at(0.33) == 1.0 / 66, nearly);
    BOOST_TEST(curve.coverage_at(0.1) == 0.865, nearly);
}

BOOST_AUTO_TEST_CASE(losses_of_equal_confidences_agree_with_another_library) {
    Sequence sequence(2);
    static_cast<void>(sequence.take(400));
    Values confidence = sequence.take(60);
    for (double& each : confidence) each = std::floor(each * 7) / 7;
    Values loss = sequence.take(60);
    for (std::size_t row = 0; row < 60; ++row) loss[row] *= 1.1 - confidence[row];
    const RiskCoverage curve(confidence, loss);
    BOOST_TEST(curve.aurc() == 0.23545960532698604, nearly);
    BOOST_TEST(curve.augrc() == 0.13597794033860963, nearly);
    BOOST_TEST(curve.risk_at(0.8) == 0.3085629939048759, nearly);
    BOOST_TEST(curve.risk_at(0.33) == 0.19514262012999845, nearly);
    BOOST_TEST(curve.coverage_at(0.2) == 1.0 / 3, nearly);
}

BOOST_AUTO_TEST_CASE(four_rows_by_hand) {
    const RiskCoverage curve(Values{0.5, 0.9, 0.6, 0.8}, Values{1, 0, 0, 1});
    BOOST_TEST(curve.rows() == 4U);
    BOOST_TEST(curve.risk(1) == 0.0);
    BOOST_TEST(curve.risk(2) == 0.5);
    BOOST_TEST(curve.risk(3) == 1.0 / 3);
    BOOST_TEST(curve.risk(4) == 0.5);
    BOOST_TEST(curve.aurc() == (0 + 0.5 + 1.0 / 3 + 0.5) / 4, nearly);
    BOOST_TEST(curve.augrc() == (0 + 1 + 1 + 2.0 / 2) / 16, nearly);
    BOOST_TEST(curve.coverage_at(0.4) == 0.75);
    BOOST_TEST(curve.coverage_at(0) == 0.25);
}

BOOST_AUTO_TEST_CASE(equal_confidences_are_the_mean_over_their_orders) {
    // The middle two rows are equal: one may stand before the other or behind it.
    const Values confidence{0.9, 0.5, 0.5, 0.1};
    const Values loss{0.25, 3, 1, 0.5};
    const RiskCoverage tied(confidence, loss);
    const RiskCoverage one(Values{4, 3, 2, 1}, loss);
    const RiskCoverage other(Values{4, 2, 3, 1}, loss);
    for (std::size_t k = 1; k <= 4; ++k) BOOST_TEST(tied.risk(k) == (one.risk(k) + other.risk(k)) / 2, nearly);
    BOOST_TEST(tied.aurc() == (one.aurc() + other.aurc()) / 2, nearly);
    BOOST_TEST(tied.augrc() == (one.augrc() + other.augrc()) / 2, nearly);
}

BOOST_AUTO_TEST_CASE(the_order_of_rows_decides_no_bit) {
    Sequence sequence(9);
    Values confidence = sequence.take(500);
    for (double& each : confidence) each = std::floor(each * 20);
    Values loss = sequence.take(500);
    const RiskCoverage curve(confidence, loss);
    std::ranges::reverse(confidence);
    std::ranges::reverse(loss);
    const RiskCoverage reversed(confidence, loss);
    for (std::size_t k = 1; k <= 500; ++k) BOOST_TEST(curve.risk(k) == reversed.risk(k));
}

BOOST_AUTO_TEST_CASE(without_any_order_the_risk_is_the_same_everywhere) {
    const RiskCoverage curve(Values(10, 0.7), Values{0, 1, 0, 0, 0, 0, 0, 0, 0, 1});
    for (std::size_t k = 1; k <= 10; ++k) BOOST_TEST(curve.risk(k) == 0.2, nearly);
    BOOST_TEST(curve.aurc() == 0.2, nearly);
    BOOST_TEST(curve.augrc() == 0.1, nearly);
    BOOST_TEST(curve.coverage_at(0.2) == 1.0);
    BOOST_TEST(curve.coverage_at(0.19) == 0.0);
}

BOOST_AUTO_TEST_CASE(all_right_all_wrong_and_a_single_row) {
    const RiskCoverage right(Values{1, 2, 3}, Values(3, 0));
    BOOST_TEST(right.aurc() == 0.0);
    BOOST_TEST(right.augrc() == 0.0);
    BOOST_TEST(right.coverage_at(0.05) == 1.0);
    const RiskCoverage wrong(Values{1, 2, 3}, Values(3, 1));
    BOOST_TEST(wrong.aurc() == 1.0);
    BOOST_TEST(wrong.augrc() == 0.5);
    BOOST_TEST(wrong.coverage_at(0.05) == 0.0);
    const RiskCoverage one(Values{0.5}, Values{0.25});
    BOOST_TEST(one.aurc() == 0.25);
    BOOST_TEST(one.augrc() == 0.125);
    BOOST_TEST(one.risk_at(0.8) == 0.25);
    BOOST_TEST(one.curve(100).size() == 1U);
}

BOOST_AUTO_TEST_CASE(shares_of_rows_are_not_rounded_away) {
    // In binary 0.07 · 100 is a little more than 7 and 0.29 · 100 a little less than 29.
    for (std::size_t percent = 1; percent < 100; ++percent) {
        Values confidence(100);
        std::iota(confidence.rbegin(), confidence.rend(), 0.0);
        Values loss(100, 0);
        std::fill(loss.end() - static_cast<std::ptrdiff_t>(percent), loss.end(), 1.0);
        const RiskCoverage curve(confidence, loss);
        const double share = static_cast<double>(percent) / 100;
        BOOST_TEST(curve.coverage_at(share) == 1.0, percent << " % of losses are a risk of " << percent << " %");
        BOOST_TEST(curve.risk_at(share) == curve.risk(percent), percent << " % of 100 rows are " << percent);
    }
}

BOOST_AUTO_TEST_CASE(a_curve_has_no_more_points_than_asked_for) {
    Values confidence(1000);
    std::iota(confidence.begin(), confidence.end(), 0.0);
    const RiskCoverage curve(confidence, confidence);
    const auto points = curve.curve(64);
    BOOST_TEST_REQUIRE(points.size() == 64U);
    BOOST_TEST(points.back().coverage == 1.0);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double coverage = static_cast<double>(i + 1) / 64;
        BOOST_TEST(points[i].coverage >= coverage);
        BOOST_TEST(points[i].coverage < coverage + 0.001);
        BOOST_TEST(points[i].risk == curve.risk_at(points[i].coverage));
    }
    BOOST_TEST(RiskCoverage(Values{1, 2, 3}, Values{1, 2, 3}).curve(64).size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_ordered_or_summed_is_refused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    BOOST_CHECK_THROW(RiskCoverage({}, {}), core::ContractViolation);
    BOOST_CHECK_THROW(RiskCoverage(Values{1}, Values{1, 2}), core::ContractViolation);
    BOOST_CHECK_THROW(RiskCoverage(Values{nan, 1}, Values{0, 1}), core::ContractViolation);
    BOOST_CHECK_THROW(RiskCoverage(Values{1, 1}, Values{0, nan}), core::ContractViolation);
    BOOST_CHECK_THROW(RiskCoverage(Values{1, 1}, Values{0, infinite}), core::ContractViolation);
    const RiskCoverage curve(Values{-infinite, infinite}, Values{1, 0});  // these can
    BOOST_TEST(curve.risk(1) == 0.0);
    BOOST_CHECK_THROW(static_cast<void>(curve.risk(0)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(curve.risk(3)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(curve.risk_at(0)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(curve.risk_at(1.5)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(curve.coverage_at(nan)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(curve.curve(0)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
