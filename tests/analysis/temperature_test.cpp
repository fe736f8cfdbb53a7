#include "analysis/temperature.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/classified.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(temperature_tests)

using analysis::at_temperature;
using analysis::fit_temperature;
using analysis::Temperature;
using Floats = std::vector<float>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
const auto as_float = boost::test_tools::tolerance(1e-6);

/// Mean log loss, in another way than the fit finds it.
double log_loss(const Classified& rows) {
    double sum = 0;
    for (std::size_t row = 0; row < rows.labels.size(); ++row)
        sum -= std::log(double{rows.probabilities[row * rows.classes + static_cast<std::size_t>(rows.labels[row])]});
    return sum / static_cast<double>(rows.labels.size());
}

}  // namespace

// Values by references.py temperature: scipy's minimize_scalar.
BOOST_AUTO_TEST_CASE(the_temperature_agrees_with_another_library) {
    const Classified rows = classified(4, 400, 4);
    const Temperature fitted = fit_temperature(rows.answers());
    BOOST_TEST(fitted.value == 1.5218760062418781, as_float);
    BOOST_TEST(fitted.loss_before == 1.0503975267115999, nearly);
    BOOST_TEST(fitted.loss == 1.0112134479111359, nearly);
    BOOST_TEST(!fitted.is_at_bound);
    const Floats scaled = at_temperature(std::span(rows.probabilities).first(4), 4, 2);
    const std::vector<double> expected{0.17133187136833009, 0.34632314625445826, 0.37867248327357567,
                                       0.10367249910363607};
    for (std::size_t c = 0; c < 4; ++c) BOOST_TEST(double{scaled[c]} == expected[c], as_float);
}

BOOST_AUTO_TEST_CASE(fit_and_scaling_speak_of_the_same_loss) {
    for (const double truth : {0.4, 1.0, 3.0}) {
        const Classified rows = classified(9, 2000, 5, truth);
        const Temperature fitted = fit_temperature(rows.answers());
        BOOST_TEST(std::abs(fitted.value / truth - 1) < 0.1);
        BOOST_TEST(fitted.loss <= fitted.loss_before);
        const Classified scaled(5, at_temperature(rows.probabilities, 5, fitted.value), rows.labels);
        BOOST_TEST(log_loss(scaled) == fitted.loss, as_float);
        for (const double other : {0.99, 1.01}) {
            const Classified worse(5, at_temperature(rows.probabilities, 5, other * fitted.value), rows.labels);
            BOOST_TEST(log_loss(worse) > fitted.loss);
        }
        BOOST_TEST((scaled.chosen == rows.chosen));
        BOOST_TEST(std::abs(fit_temperature(scaled.answers()).value - 1) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(two_rows_have_a_closed_form) {
    // Both say 0.8, one is right: the best is ½ each only in the limit; with 3 of 4 right it is ¾ = 0.8^β / (0.8^β +
    // 0.2^β).
    const Classified three(2, {0.8F, 0.2F, 0.8F, 0.2F, 0.8F, 0.2F, 0.8F, 0.2F}, {0, 0, 1, 0});
    const double expected = std::log(double{0.8F} / double{0.2F}) / std::log(3.0);
    BOOST_TEST(fit_temperature(three.answers()).value == expected, nearly);
    const Temperature half = fit_temperature(Classified(2, {0.8F, 0.2F, 0.8F, 0.2F}, {0, 1}).answers());
    BOOST_TEST(half.value == Temperature::highest);
    BOOST_TEST(half.is_at_bound);
}

BOOST_AUTO_TEST_CASE(all_right_or_all_wrong_ends_at_a_bound) {
    const Temperature right = fit_temperature(Classified(2, {0.8F, 0.2F, 0.4F, 0.6F}, {0, 1}).answers());
    BOOST_TEST(right.value == Temperature::lowest);
    BOOST_TEST(right.is_at_bound);
    BOOST_TEST(right.loss < right.loss_before);
    const Temperature wrong = fit_temperature(Classified(2, {0.8F, 0.2F, 0.4F, 0.6F}, {1, 0}).answers());
    BOOST_TEST(wrong.value == Temperature::highest);
    BOOST_TEST(wrong.is_at_bound);
    const Temperature certain = fit_temperature(Classified(2, {1, 0, 0, 1}, {0, 1}).answers());
    BOOST_TEST(certain.value == Temperature::lowest);
    BOOST_TEST(certain.loss < 1e-11);
}

BOOST_AUTO_TEST_CASE(what_no_temperature_changes_keeps_1) {
    for (const Classified& rows :
         {Classified(4, Floats(8, 0.25F), {0, 3}), Classified(1, {1, 1}, {0, 0}), Classified(2, {0.5F, 0.5F}, {1})}) {
        const Temperature fitted = fit_temperature(rows.answers());
        BOOST_TEST(fitted.value == 1.0);
        BOOST_TEST(!fitted.is_at_bound);
        BOOST_TEST(fitted.loss == std::log(static_cast<double>(rows.classes)), nearly);
    }
}

BOOST_AUTO_TEST_CASE(certain_and_wrong_rows_have_a_finite_best) {
    // Of ten certain rows one is wrong: 0.9 = 1 / (1 + 2^(−40 β)).
    Floats p;
    for (int row = 0; row < 10; ++row) p.insert(p.end(), {1.0F, 0.0F});
    const Temperature fitted = fit_temperature(Classified(2, p, {0, 0, 0, 1, 0, 0, 0, 0, 0, 0}).answers());
    BOOST_TEST(fitted.value == 40 * std::numbers::ln2 / std::log(9.0), nearly);
    BOOST_TEST(fitted.loss_before == 4 * std::numbers::ln2, as_float);
    const Floats scaled = at_temperature(p, 2, fitted.value);
    BOOST_TEST(scaled[0] == 0.9F, as_float);
}

BOOST_AUTO_TEST_CASE(temperature_1_changes_nothing) {
    const Floats p = Sequence(2).probabilities(20, 6);
    const Floats same = at_temperature(p, 6, 1);
    for (std::size_t i = 0; i < p.size(); ++i) BOOST_TEST(same[i] == p[i], as_float);
    const Floats sharp = at_temperature(p, 6, 1e-300);
    for (const float each : sharp) BOOST_TEST((each == 0.0F || each == 1.0F));
    const Floats flat = at_temperature(p, 6, 1e300);
    for (const float each : flat) BOOST_TEST(each == 1.0F / 6, as_float);
}

BOOST_AUTO_TEST_CASE(what_is_no_probability_label_or_temperature_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto refused = [](const Classified& rows) {
        BOOST_CHECK_THROW(static_cast<void>(fit_temperature(rows.answers())), core::ContractViolation);
    };
    refused({2, {}, {}});
    refused({2, {0.5F, nan}, {0}});
    refused({2, {0.5F, -0.5F}, {0}});
    refused({2, {0.5F, 1.5F}, {0}});
    refused({2, {0.5F, 0.5F}, {2}});
    refused({2, {0.5F, 0.5F}, {-1}});
    const Floats p{0.5F, 0.5F};
    for (const double bad :
         {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
        BOOST_CHECK_THROW(static_cast<void>(at_temperature(p, 2, bad)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(at_temperature(p, 3, 1)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(at_temperature(p, 0, 1)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(at_temperature(Floats{nan, 1}, 2, 1)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
