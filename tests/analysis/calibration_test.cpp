#include "analysis/calibration.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/classified.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(calibration_tests)

using analysis::Forecasts;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

Forecasts coarse(Forecasts forecasts) {
    for (double& p : forecasts.probability) p = std::floor(p * 20) / 20;
    return forecasts;
}

/// Forecasts from 0.2 to 0.8 of events that happen as often as forecast, and `excess` more.
Forecasts drawn(std::size_t rows, double excess, core::RandomStream& stream) {
    Forecasts forecasts;
    for (std::size_t row = 0; row < rows; ++row) {
        forecasts.probability.push_back(stream.uniform(0.2, 0.8));
        forecasts.outcome.push_back(stream.uniform() < forecasts.probability.back() + excess ? 1 : 0);
    }
    return forecasts;
}

}  // namespace

// Values by references.py calibration.
BOOST_AUTO_TEST_CASE(errors_agree_with_another_program) {
    const Classified rows = classified(4, 400, 4);
    const Forecasts fine = analysis::forecasts_of_chosen(rows.answers());
    BOOST_TEST(analysis::equal_width_error(fine) == 0.076950757205486317, nearly);
    BOOST_TEST(analysis::equal_mass_error(fine) == 0.08888008669018746, nearly);
    BOOST_TEST(analysis::debiased_error(fine) == 0.035796491246102798, nearly);
    BOOST_TEST(analysis::equal_width_error(fine, 4) == 0.076799593418836617, nearly);
    BOOST_TEST(analysis::equal_mass_error(fine, 4) == 0.076799593418836576, nearly);
    BOOST_TEST(analysis::debiased_error(fine, 4) == 0.065184548454515254, nearly);
    BOOST_TEST(analysis::class_wise_error(rows.answers()) == 0.057501463546495268, nearly);
    const Forecasts tied = coarse(fine);
    BOOST_TEST(analysis::equal_width_error(tied) == 0.057624999999999954, nearly);
    BOOST_TEST(analysis::equal_mass_error(tied) == 0.070874999999999924, nearly);
    BOOST_TEST(analysis::debiased_error(tied) == 0.052180687938716705, nearly);
    BOOST_TEST(analysis::debiased_error(tied, 4) == 0.026511934550530806, nearly);
}

BOOST_AUTO_TEST_CASE(fifteen_equal_bins_of_the_chosen_class_are_the_metric) {
    const Classified rows = classified(8, 300, 5);
    for (const task::Metric& metric : task::classification_metrics()) {
        if (metric.name != "ece") continue;
        BOOST_TEST(analysis::equal_width_error(analysis::forecasts_of_chosen(rows.answers())) ==
                       task::evaluate(metric, rows.answers()),
                   nearly);
    }
}

BOOST_AUTO_TEST_CASE(four_rows_by_hand) {
    const Forecasts forecasts{.probability = {0.1, 0.3, 0.6, 1.0}, .outcome = {0, 1, 1, 1}};
    BOOST_TEST(analysis::equal_width_error(forecasts, 2) == (0.6 + 0.4) / 4, nearly);
    BOOST_TEST(analysis::equal_mass_error(forecasts, 2) == (0.6 + 0.4) / 4, nearly);
    BOOST_TEST(analysis::equal_mass_error(forecasts, 4) == (0.1 + 0.7 + 0.4 + 0) / 4, nearly);
    // ½ (0.3² − ¼) + ½ · 0.2² is below 0; without the first bin's chance it would be 0.065.
    BOOST_TEST(analysis::debiased_error(forecasts, 2) == 0.0);
    const Forecasts wrong{.probability = {0.1, 0.3, 0.6, 1.0}, .outcome = {1, 1, 1, 0}};
    // ½ · 0.8² + ½ (0.3² − ¼)
    BOOST_TEST(analysis::debiased_error(wrong, 2) == std::sqrt(0.32 - 0.08), nearly);
}

BOOST_AUTO_TEST_CASE(bins_of_a_single_row_have_no_error_without_bias) {
    const Forecasts forecasts{.probability = {0.1, 0.9}, .outcome = {1, 0}};
    BOOST_TEST(analysis::debiased_error(forecasts, 2) == 0.0);
    BOOST_TEST(analysis::equal_mass_error(forecasts, 2) == 0.9, nearly);
    BOOST_TEST(analysis::equal_mass_error(forecasts) == 0.9, nearly);  // more bins than rows
}

BOOST_AUTO_TEST_CASE(equal_forecasts_share_a_bin) {
    const Forecasts equal{.probability = Values(10, 0.5), .outcome = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1}};
    BOOST_TEST(analysis::equal_mass_error(equal) == 0.0);
    BOOST_TEST(analysis::equal_width_error(equal) == 0.0);
    BOOST_TEST(analysis::debiased_error(equal) == 0.0);
}

BOOST_AUTO_TEST_CASE(chance_alone_gives_an_error_that_debiasing_takes_away) {
    // 200 samples: of calibrated forecasts, and of forecasts that are 0.1 too low.
    core::RandomStream stream({.seed = 5});
    double plain = 0;
    double squares = 0;
    double squares_of_biased = 0;
    for (int sample = 0; sample < 200; ++sample) {
        const Forecasts calibrated = drawn(300, 0, stream);
        plain += analysis::equal_mass_error(calibrated) / 200;
        squares += std::pow(analysis::debiased_error(calibrated), 2) / 200;
        squares_of_biased += std::pow(analysis::debiased_error(drawn(300, 0.1, stream)), 2) / 200;
    }
    BOOST_TEST(plain > 0.07);  // of 20 rows a bin: √(2 p (1 − p) / 20 π), about 0.08
    // Without the correction p (1 − p) / 20, about 0.011; as it is never below 0, a little is left on average.
    BOOST_TEST(squares < 0.0025);
    BOOST_TEST(std::abs(squares_of_biased - 0.01) < 0.001);
}

BOOST_AUTO_TEST_CASE(one_class_is_forecast_without_error) {
    const Classified one(1, {1, 1}, {0, 0});
    BOOST_TEST(analysis::class_wise_error(one.answers()) == 0.0);
    BOOST_TEST(analysis::equal_width_error(analysis::forecasts_of_chosen(one.answers())) == 0.0);
}

BOOST_AUTO_TEST_CASE(forecasts_are_those_of_the_class_asked_for) {
    const Classified two(2, {0.75F, 0.25F, 0.25F, 0.75F, 1.0F + 0x1p-20F, 0}, {0, 0, 1});
    const Forecasts chosen = analysis::forecasts_of_chosen(two.answers());
    BOOST_TEST((chosen.probability == Values{0.75, 0.75, 1}));  // not above 1
    BOOST_TEST((chosen.outcome == Values{1, 0, 0}));
    const Forecasts second = analysis::forecasts_of_class(two.answers(), 1);
    BOOST_TEST((second.probability == Values{0.25, 0.75, 0}));
    BOOST_TEST((second.outcome == Values{0, 0, 1}));
}

BOOST_AUTO_TEST_CASE(what_is_no_forecast_is_refused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const Forecasts& bad :
         {Forecasts{}, Forecasts{.probability = {0.5}, .outcome = {}}, Forecasts{.probability = {nan}, .outcome = {1}},
          Forecasts{.probability = {1.5}, .outcome = {1}}, Forecasts{.probability = {-0.5}, .outcome = {1}},
          Forecasts{.probability = {0.5}, .outcome = {0.5}}, Forecasts{.probability = {0.5}, .outcome = {nan}}}) {
        BOOST_CHECK_THROW(static_cast<void>(analysis::equal_width_error(bad)), core::ContractViolation);
        BOOST_CHECK_THROW(static_cast<void>(analysis::equal_mass_error(bad)), core::ContractViolation);
        BOOST_CHECK_THROW(static_cast<void>(analysis::debiased_error(bad)), core::ContractViolation);
    }
    const Forecasts good{.probability = {0.5}, .outcome = {1}};
    BOOST_CHECK_THROW(static_cast<void>(analysis::equal_width_error(good, 0)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::equal_mass_error(good, 0)), core::ContractViolation);

    const auto refused = [](const Classified& rows) {
        BOOST_CHECK_THROW(static_cast<void>(analysis::forecasts_of_chosen(rows.answers())), core::ContractViolation);
    };
    refused({2, {}, {}});
    refused({2, {0.5F, 0.5F}, {2}});
    refused({2, {0.5F, 0.5F}, {-1}});
    refused({2, {1.5F, 0.5F}, {0}});
    refused({2, {std::numeric_limits<float>::quiet_NaN(), 0.5F}, {0}});
    Classified no_choice(2, {0.5F, 0.5F}, {0});
    no_choice.chosen.clear();
    refused(no_choice);
    no_choice.chosen = {2};
    refused(no_choice);
    BOOST_CHECK_THROW(static_cast<void>(analysis::forecasts_of_class(no_choice.answers(), 2)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
