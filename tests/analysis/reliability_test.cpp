#include "analysis/reliability.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/classified.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(reliability_tests)

using analysis::BandPoint;
using analysis::BrierSplit;
using analysis::Forecasts;
using analysis::Reliability;
using analysis::reliability;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

Forecasts of_chosen(const Classified& rows) {
    return analysis::forecasts_of_chosen(rows.answers());
}

Forecasts calibrated(std::size_t rows, core::RandomStream& stream, double exponent = 1) {
    Forecasts forecasts;
    for (std::size_t row = 0; row < rows; ++row) {
        forecasts.probability.push_back(std::pow(stream.uniform(), exponent));
        forecasts.outcome.push_back(stream.uniform() < forecasts.probability.back() ? 1 : 0);
    }
    return forecasts;
}

/// The curve at x, which lies between its ends.
double curve_at(const Reliability& curve, double x) {
    const auto step = std::ranges::find_if(curve.steps, [x](const auto& each) { return x <= each.high; });
    if (step == curve.steps.end()) return curve.steps.back().frequency;
    if (x >= step->low || step == curve.steps.begin()) return step->frequency;
    const auto& before = *(step - 1);
    return std::lerp(before.frequency, step->frequency, (x - before.high) / (step->low - before.high));
}

void check_identity(const BrierSplit& brier) {
    BOOST_TEST(std::abs(brier.score - (brier.miscalibration - brier.discrimination + brier.uncertainty)) < 1e-14);
    BOOST_TEST(brier.miscalibration >= 0.0);
    BOOST_TEST(brier.discrimination >= 0.0);
    BOOST_TEST(brier.discrimination <= brier.uncertainty + 1e-14);
}

}  // namespace

// Values by references.py reliability: scikit-learn's IsotonicRegression and brier_score_loss.
BOOST_AUTO_TEST_CASE(curve_and_split_agree_with_another_library) {
    Forecasts forecasts = of_chosen(classified(4, 400, 4));
    const Reliability fine = reliability(forecasts);
    BOOST_TEST(fine.brier.score == 0.22758308091571117, nearly);
    BOOST_TEST(fine.brier.miscalibration == 0.013318550711770821, nearly);
    BOOST_TEST(fine.brier.discrimination == 0.034135469796059609, nearly);
    BOOST_TEST(fine.brier.uncertainty == 0.2484, nearly);
    BOOST_TEST(fine.steps.size() == 13U);
    BOOST_TEST(fine.steps.front().frequency == 1.0 / 7, nearly);
    BOOST_TEST(fine.steps.back().frequency == 1.0);
    BOOST_TEST(fine.steps.back().low == 0.95145970582962036, nearly);
    BOOST_TEST(fine.steps.back().high == 0.99625802040100098, nearly);
    BOOST_TEST(fine.steps.back().rows == 14U);

    for (double& p : forecasts.probability) p = std::floor(p * 20) / 20;
    const Reliability coarse = reliability(forecasts);
    BOOST_TEST(coarse.brier.score == 0.22423125, nearly);
    BOOST_TEST(coarse.brier.miscalibration == 0.0058341596137009843, nearly);
    BOOST_TEST(coarse.brier.discrimination == 0.030002909613700945, nearly);
    BOOST_TEST(coarse.steps.size() == 10U);
    BOOST_TEST(coarse.steps.front().frequency == 2.0 / 7, nearly);
    BOOST_TEST(coarse.steps.back().frequency == 14.0 / 15, nearly);
    BOOST_TEST(coarse.steps.back().low == 0.95);
    BOOST_TEST(coarse.steps.back().rows == 15U);
}

BOOST_AUTO_TEST_CASE(the_parts_make_up_the_score) {
    core::RandomStream stream({.seed = 3});
    for (std::size_t rows = 1; rows < 200; rows += 7) {
        const Reliability one = reliability(calibrated(rows, stream, 2));
        check_identity(one.brier);
        std::size_t counted = 0;
        for (std::size_t i = 0; i < one.steps.size(); ++i) {
            counted += one.steps[i].rows;
            BOOST_TEST(one.steps[i].low <= one.steps[i].high);
            if (i == 0) continue;
            BOOST_TEST(one.steps[i - 1].high < one.steps[i].low);
            BOOST_TEST(one.steps[i - 1].frequency < one.steps[i].frequency);
        }
        BOOST_TEST(counted == rows);
    }
}

BOOST_AUTO_TEST_CASE(forecasts_that_are_frequencies_have_no_miscalibration) {
    const Forecasts exact{.probability = {0.25, 0.25, 0.25, 0.25, 0.5, 0.5}, .outcome = {0, 1, 0, 0, 1, 0}};
    const Reliability found = reliability(exact);
    BOOST_TEST(found.brier.miscalibration == 0.0);
    BOOST_TEST(found.brier.uncertainty == 2.0 / 9, nearly);
    BOOST_TEST(found.brier.discrimination == (4.0 / 144 * 0.25 * 4 + 2.0 / 36) / 6, nearly);
    BOOST_TEST_REQUIRE(found.steps.size() == 2U);
    BOOST_TEST(found.steps[0].frequency == 0.25);
    BOOST_TEST(found.steps[1].frequency == 0.5);
}

BOOST_AUTO_TEST_CASE(rounding_makes_no_part_negative) {
    for (std::size_t rows = 2; rows < 40; ++rows) {
        for (std::size_t happened = 0; happened <= rows; ++happened) {
            Forecasts exact;
            exact.probability.assign(rows, static_cast<double>(happened) / static_cast<double>(rows));
            for (std::size_t row = 0; row < rows; ++row) exact.outcome.push_back(row < happened ? 1 : 0);
            const BrierSplit brier = reliability(exact).brier;
            BOOST_TEST(brier.miscalibration >= 0.0);
            BOOST_TEST(brier.miscalibration < 1e-15);
            BOOST_TEST(brier.discrimination == 0.0);
        }
    }
}

BOOST_AUTO_TEST_CASE(all_right_all_wrong_one_row_and_one_forecast) {
    const Reliability right = reliability({.probability = {0.7, 0.9}, .outcome = {1, 1}});
    BOOST_TEST(right.steps.size() == 1U);
    BOOST_TEST(right.brier.uncertainty == 0.0);
    BOOST_TEST(right.brier.discrimination == 0.0);
    BOOST_TEST(right.brier.miscalibration == 0.05, nearly);
    const Reliability wrong = reliability({.probability = {1, 1}, .outcome = {0, 0}});
    BOOST_TEST(wrong.brier.miscalibration == 1.0);
    const Reliability one = reliability({.probability = {0.5}, .outcome = {1}});
    BOOST_TEST(one.brier.score == 0.25);
    BOOST_TEST(one.steps.front().frequency == 1.0);
    const Reliability equal = reliability({.probability = Values(4, 0.5), .outcome = {1, 0, 0, 0}});
    BOOST_TEST(equal.steps.size() == 1U);
    BOOST_TEST(equal.brier.miscalibration == 0.0625, nearly);
    BOOST_TEST(equal.brier.discrimination == 0.0);
    for (const Reliability& each : {right, wrong, one, equal}) check_identity(each.brier);
}

// 300 samples: the share of curves in the band at a point has a standard error of 1.7 points.
BOOST_AUTO_TEST_CASE(nine_of_ten_curves_of_calibrated_forecasts_lie_in_the_band) {
    core::RandomStream stream({.seed = 11});
    constexpr int samples = 300;
    constexpr std::size_t points = 5;
    std::vector<int> inside(points);
    for (int sample = 0; sample < samples; ++sample) {
        const Forecasts forecasts = calibrated(150, stream, 0.5);
        const Reliability curve = reliability(forecasts);
        const auto band = analysis::consistency_band(
            forecasts, {.seed = static_cast<std::uint64_t>(sample), .replicates = 200, .points = points});
        BOOST_TEST_REQUIRE(band.size() == points);
        for (std::size_t i = 0; i < points; ++i) {
            const double y = curve_at(curve, band[i].forecast);
            inside[i] += y >= band[i].low && y <= band[i].high ? 1 : 0;
        }
    }
    for (std::size_t i = 1; i + 1 < points; ++i) {
        BOOST_TEST_MESSAGE("inside at point " << i << ": " << inside[i] << " of " << samples);
        BOOST_TEST(inside[i] > 0.83 * samples);
        BOOST_TEST(inside[i] < 0.96 * samples);
    }
    for (const std::size_t end : {std::size_t{0}, points - 1}) BOOST_TEST(inside[end] > 0.83 * samples);
}

BOOST_AUTO_TEST_CASE(overconfident_forecasts_leave_the_band) {
    core::RandomStream stream({.seed = 12});
    Forecasts forecasts = calibrated(2000, stream);
    for (double& p : forecasts.probability) p = p * p / (p * p + (1 - p) * (1 - p));
    const Reliability curve = reliability(forecasts);
    std::size_t outside = 0;
    for (const BandPoint& point : analysis::consistency_band(forecasts, {})) {
        const double y = curve_at(curve, point.forecast);
        outside += y < point.low || y > point.high ? 1 : 0;
    }
    BOOST_TEST(outside > 20U);  // of 41
}

BOOST_AUTO_TEST_CASE(a_band_of_equal_forecasts_is_the_binomial_distribution) {
    // 100 forecasts of 0.3: 90 % of the counts lie from 23 to 38 (scipy.stats.binom.ppf([0.05, 0.95], 100, 0.3)).
    const Forecasts equal{.probability = Values(100, 0.3), .outcome = Values(100, 1)};
    const auto band = analysis::consistency_band(equal, {.replicates = 20'000});
    BOOST_TEST_REQUIRE(band.size() == 1U);
    BOOST_TEST(band[0].forecast == 0.3);
    BOOST_TEST(band[0].low == 0.23, nearly);
    BOOST_TEST(band[0].high == 0.38, nearly);
}

BOOST_AUTO_TEST_CASE(between_two_forecasts_the_band_is_between_theirs) {
    // What is certain happens: at 0 and 1 nothing is left to chance, and curves between are straight.
    const Forecasts certain{.probability = {0, 1, 0, 1}, .outcome = {1, 0, 0, 1}};
    const auto band = analysis::consistency_band(certain, {.replicates = 10, .points = 5});
    BOOST_TEST_REQUIRE(band.size() == 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(band[i].forecast == 0.25 * static_cast<double>(i));
        BOOST_TEST(band[i].low == band[i].forecast);
        BOOST_TEST(band[i].high == band[i].forecast);
    }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_the_band_and_the_order_of_rows_does_not) {
    core::RandomStream stream({.seed = 13});
    Forecasts forecasts = calibrated(80, stream);
    const auto lows = [&](std::uint64_t seed) {
        Values values;
        for (const BandPoint& point : analysis::consistency_band(forecasts, {.seed = seed}))
            values.push_back(point.low);
        return values;
    };
    const Values first = lows(1);
    BOOST_TEST((lows(1) == first));
    BOOST_TEST((lows(2) != first));
    std::ranges::reverse(forecasts.probability);
    std::ranges::reverse(forecasts.outcome);
    BOOST_TEST((lows(1) == first));
}

BOOST_AUTO_TEST_CASE(bands_of_nothing_are_refused) {
    const Forecasts one{.probability = {0.5}, .outcome = {1}};
    BOOST_TEST(analysis::consistency_band(one, {}).size() == 1U);
    const auto refused = [](const Forecasts& forecasts, const analysis::BandRequest& request) {
        BOOST_CHECK_THROW(static_cast<void>(analysis::consistency_band(forecasts, request)), core::ContractViolation);
    };
    refused({}, {});
    refused(one, {.replicates = 0});
    refused(one, {.points = 0});
    refused(one, {.level = 0});
    refused(one, {.level = 1});
    BOOST_CHECK_THROW(static_cast<void>(reliability({})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(reliability({.probability = {2}, .outcome = {1}})), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
