#include "analysis/scores.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(scores_tests)

using analysis::Scores;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
const auto as_float = boost::test_tools::tolerance(1e-6);

/// Two classes, one item per confidence; the first class is predicted, and right where `right` says so.
Scores of_confidences(const Floats& confidences, const std::vector<bool>& right) {
    Floats probabilities;
    Labels labels;
    for (std::size_t i = 0; i < confidences.size(); ++i) {
        probabilities.push_back(confidences[i]);
        probabilities.push_back(1.0F - confidences[i]);
        labels.push_back(right[i] ? 0 : 1);
    }
    return analysis::score(probabilities, labels, 2);
}

}  // namespace

BOOST_AUTO_TEST_CASE(uniform_guesses_have_closed_forms) {
    for (const std::size_t classes : {2U, 4U, 8U, 16U}) {
        const Floats probabilities(3 * classes, 1.0F / static_cast<float>(classes));
        const Scores scores = analysis::score(probabilities, Labels{0, 1, 1}, classes);
        const double share = 1.0 / static_cast<double>(classes);
        BOOST_TEST(scores.accuracy == 1.0 / 3.0, nearly);  // the first of equals is class 0
        BOOST_TEST(scores.nll == -std::log(share), nearly);
        BOOST_TEST(scores.brier == 1.0 - share, nearly);
        BOOST_TEST(scores.ece == std::abs(1.0 / 3.0 - share), nearly);
    }
}

BOOST_AUTO_TEST_CASE(three_items_by_hand) {
    const Floats probabilities{0.5F, 0.25F, 0.25F, 0.125F, 0.75F, 0.125F, 0.0F, 0.5F, 0.5F};
    const Scores scores = analysis::score(probabilities, Labels{0, 2, 1}, 3);
    BOOST_TEST(scores.accuracy == 2.0 / 3.0, nearly);
    BOOST_TEST(scores.nll == (1 + 3 + 1) * std::numbers::ln2 / 3, nearly);
    BOOST_TEST(scores.brier == (0.375 + (0.015625 + 0.5625 + 0.765625) + 0.5) / 3, nearly);
    // Bin of 0.5: two items, both right, confidence 1.0 in all; bin of 0.75: one item, wrong.
    BOOST_TEST(scores.ece == (1.0 + 0.75) / 3, nearly);
}

BOOST_AUTO_TEST_CASE(perfect_answers_are_perfect) {
    const Scores scores = of_confidences({1.0F, 1.0F}, {true, true});
    BOOST_TEST(scores.accuracy == 1.0);
    BOOST_TEST(scores.nll == 0.0);
    BOOST_TEST(scores.brier == 0.0);
    BOOST_TEST(scores.ece == 0.0);
}

BOOST_AUTO_TEST_CASE(one_certain_error_stays_finite) {
    const Scores scores = of_confidences({1.0F}, {false});
    BOOST_TEST(scores.accuracy == 0.0);
    BOOST_TEST(scores.nll == 40 * std::numbers::ln2, nearly);
    BOOST_TEST(scores.brier == 2.0);
    BOOST_TEST(scores.ece == 1.0);
}

BOOST_AUTO_TEST_CASE(perfect_calibration_has_no_error) {
    BOOST_TEST(of_confidences({0.75F, 0.75F, 0.75F, 0.75F}, {true, false, true, true}).ece == 0.0);
    BOOST_TEST(of_confidences({0.75F, 0.75F, 0.75F, 0.75F}, {true, true, true, true}).ece == 0.25);
    BOOST_TEST(of_confidences({0.75F, 0.75F, 0.75F, 0.75F}, {false, false, false, false}).ece == 0.75);
}

BOOST_AUTO_TEST_CASE(bins_are_fifteenths) {
    // 0.55 and 0.59 share the bin up to 0.6, so one error balances one hit; 0.59 and 0.61 do not.
    BOOST_TEST(of_confidences({0.55F, 0.59F}, {true, false}).ece == (1.14 - 1) / 2, as_float);
    BOOST_TEST(of_confidences({0.61F, 0.59F}, {true, false}).ece == (0.39 + 0.59) / 2, as_float);
    // The last bin reaches to 1 inclusive.
    BOOST_TEST(of_confidences({0.94F, 1.0F}, {true, false}).ece == (1.94 - 1) / 2, as_float);
    BOOST_TEST(of_confidences({0.93F, 1.0F}, {true, false}).ece == (0.07 + 1) / 2, as_float);
}

BOOST_AUTO_TEST_CASE(the_first_of_equals_is_chosen) {
    BOOST_TEST((analysis::most_probable(Floats{0.2F, 0.4F, 0.4F, 0.4F, 0.4F, 0.2F}, 3) == Labels{1, 0}));
}

BOOST_AUTO_TEST_CASE(hits_mark_right_answers) {
    BOOST_TEST((analysis::hits(Labels{3, 1, 0}, Labels{3, 2, 0}) == std::vector<std::int64_t>{1, 0, 1}));
}

BOOST_AUTO_TEST_CASE(sizes_and_labels_are_checked) {
    BOOST_CHECK_THROW(static_cast<void>(analysis::score({}, {}, 2)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::score(Floats{1, 0, 1}, Labels{0}, 2)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::score(Floats{1, 0}, Labels{2}, 2)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::score(Floats{1, 0}, Labels{-1}, 2)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
