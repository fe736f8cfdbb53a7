#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "task/score.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(metrics_tests)

using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
const auto as_float = boost::test_tools::tolerance(1e-6);

/// The value of the metric of that name.
double value_of(const task::Task& task, const task::Scores& scores, std::string_view name) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (task.metrics()[i].name == name) return scores[i];
    }
    BOOST_FAIL("no metric " << name);
    return 0;
}

struct ClassScores {
    const task::Task& task = task::standard_task(task::Kind::classification);
    task::Scores scores;

    ClassScores(const Floats& probabilities, const Labels& labels, std::size_t classes) {
        const Labels chosen = task::most_probable(probabilities, classes);
        scores = task::score({.task = task, .targets = classes, .predictions = probabilities, .chosen = chosen},
                             {.labels = labels});
    }
    [[nodiscard]] double operator[](std::string_view name) const { return value_of(task, scores, name); }
};

struct NumberScores {
    const task::Task& task = task::standard_task(task::Kind::regression);
    task::Scores scores;

    NumberScores(const Floats& moments, const Floats& numbers, std::size_t targets = 1)
        : scores(task::score({.task = task, .targets = targets, .predictions = moments},
                             {.numbers = numbers, .targets = targets})) {}
    [[nodiscard]] double operator[](std::string_view name) const { return value_of(task, scores, name); }
};

/// Two classes, one row per confidence; the first class is predicted, and right where `right` says so.
ClassScores of_confidences(const Floats& confidences, const std::vector<bool>& right) {
    Floats probabilities;
    Labels labels;
    for (std::size_t i = 0; i < confidences.size(); ++i) {
        probabilities.push_back(confidences[i]);
        probabilities.push_back(1.0F - confidences[i]);
        labels.push_back(right[i] ? 0 : 1);
    }
    return {probabilities, labels, 2};
}

}  // namespace

BOOST_AUTO_TEST_CASE(uniform_guesses_have_closed_forms) {
    for (const std::size_t classes : {2U, 4U, 8U, 16U}) {
        const ClassScores scores(Floats(3 * classes, 1.0F / static_cast<float>(classes)), {0, 1, 1}, classes);
        const double share = 1.0 / static_cast<double>(classes);
        BOOST_TEST(scores["accuracy"] == 1.0 / 3.0, nearly);  // the first of equals is class 0
        BOOST_TEST(scores["nll"] == -std::log(share), nearly);
        BOOST_TEST(scores["brier"] == 1.0 - share, nearly);
        BOOST_TEST(scores["ece"] == std::abs(1.0 / 3.0 - share), nearly);
    }
}

BOOST_AUTO_TEST_CASE(three_rows_by_hand) {
    const ClassScores scores({0.5F, 0.25F, 0.25F, 0.125F, 0.75F, 0.125F, 0.0F, 0.5F, 0.5F}, {0, 2, 1}, 3);
    BOOST_TEST(scores["accuracy"] == 2.0 / 3.0, nearly);
    BOOST_TEST(scores["nll"] == (1 + 3 + 1) * std::numbers::ln2 / 3, nearly);
    BOOST_TEST(scores["brier"] == (0.375 + (0.015625 + 0.5625 + 0.765625) + 0.5) / 3, nearly);
    // Bin of 0.5: two rows, both right, confidence 1.0 in all; bin of 0.75: one row, wrong.
    BOOST_TEST(scores["ece"] == (1.0 + 0.75) / 3, nearly);
}

BOOST_AUTO_TEST_CASE(perfect_answers_are_perfect) {
    const ClassScores scores = of_confidences({1.0F, 1.0F}, {true, true});
    BOOST_TEST(scores["accuracy"] == 1.0);
    BOOST_TEST(scores["nll"] == 0.0);
    BOOST_TEST(scores["brier"] == 0.0);
    BOOST_TEST(scores["ece"] == 0.0);
    BOOST_TEST(std::isnan(scores["auroc"]));  // there is one class only
}

BOOST_AUTO_TEST_CASE(one_certain_error_stays_finite) {
    const ClassScores scores = of_confidences({1.0F}, {false});
    BOOST_TEST(scores["accuracy"] == 0.0);
    BOOST_TEST(scores["nll"] == 40 * std::numbers::ln2, nearly);
    BOOST_TEST(scores["brier"] == 2.0);
    BOOST_TEST(scores["ece"] == 1.0);
}

BOOST_AUTO_TEST_CASE(perfect_calibration_has_no_error) {
    BOOST_TEST(of_confidences({0.75F, 0.75F, 0.75F, 0.75F}, {true, false, true, true})["ece"] == 0.0);
    BOOST_TEST(of_confidences({0.75F, 0.75F, 0.75F, 0.75F}, {true, true, true, true})["ece"] == 0.25);
    BOOST_TEST(of_confidences({0.75F, 0.75F, 0.75F, 0.75F}, {false, false, false, false})["ece"] == 0.75);
}

BOOST_AUTO_TEST_CASE(bins_are_fifteenths) {
    // 0.55 and 0.59 share the bin up to 0.6, so one error balances one hit; 0.59 and 0.61 do not.
    BOOST_TEST(of_confidences({0.55F, 0.59F}, {true, false})["ece"] == (1.14 - 1) / 2, as_float);
    BOOST_TEST(of_confidences({0.61F, 0.59F}, {true, false})["ece"] == (0.39 + 0.59) / 2, as_float);
    // The last bin reaches to 1 inclusive.
    BOOST_TEST(of_confidences({0.94F, 1.0F}, {true, false})["ece"] == (1.94 - 1) / 2, as_float);
    BOOST_TEST(of_confidences({0.93F, 1.0F}, {true, false})["ece"] == (0.07 + 1) / 2, as_float);
}

// Values by scikit-learn 1.2: balanced_accuracy_score, f1_score(average="macro"), roc_auc_score of each class.
BOOST_AUTO_TEST_CASE(measures_of_classes_agree_with_another_library) {
    const ClassScores scores({0.5F, 0.25F, 0.25F, 0.125F, 0.75F, 0.125F, 0.0F, 0.5F, 0.5F, 0.25F, 0.25F, 0.5F, 0.625F,
                              0.25F, 0.125F, 0.375F, 0.5F, 0.125F},
                             {0, 2, 1, 2, 0, 0}, 3);
    BOOST_TEST(scores["balanced_accuracy"] == 0.7222222222222222, nearly);
    BOOST_TEST(scores["macro_f1"] == 0.6555555555555556, nearly);
    BOOST_TEST(scores["auroc"] == 0.7541666666666668, nearly);
    const ClassScores two({0.9F, 0.1F, 0.6F, 0.4F, 0.65F, 0.35F, 0.2F, 0.8F, 0.6F, 0.4F, 0.3F, 0.7F},
                          {0, 0, 1, 1, 1, 0}, 2);
    BOOST_TEST(two["auroc"] == 0.6111111111111112, nearly);
}

BOOST_AUTO_TEST_CASE(a_class_without_rows_counts_only_where_it_is_predicted) {
    const ClassScores never({1, 0, 0, 1, 0, 0}, {0, 0}, 3);
    BOOST_TEST(never["balanced_accuracy"] == 1.0);
    BOOST_TEST(never["macro_f1"] == 1.0);
    const ClassScores once({1, 0, 0, 0, 1, 0}, {0, 0}, 3);
    BOOST_TEST(once["balanced_accuracy"] == 0.5);
    BOOST_TEST(once["macro_f1"] == (2.0 / 3.0) / 2, nearly);
}

BOOST_AUTO_TEST_CASE(the_first_of_equals_is_chosen) {
    BOOST_TEST((task::most_probable(Floats{0.2F, 0.4F, 0.4F, 0.4F, 0.4F, 0.2F}, 3) == Labels{1, 0}));
}

// Values by scikit-learn 1.2, scipy's norm, and quadrature of (F(x) − 1[x ≥ y])².
BOOST_AUTO_TEST_CASE(measures_of_numbers_agree_with_other_libraries) {
    const NumberScores scores({1.0F, 0.25F, 2.5F, 1.0F, -1.0F, 4.0F, 4.0F, 0.5F}, {1.5F, 2.0F, 1.5F, 4.25F});
    BOOST_TEST(scores["rmse"] == 1.3050383136138188, nearly);
    BOOST_TEST(scores["mae"] == 0.9375, nearly);
    BOOST_TEST(scores["r2"] == -0.31722054380664644, nearly);
    BOOST_TEST(scores["nll"] == 1.1994826356346797, nearly);
    BOOST_TEST(scores["crps"] == 0.6016847245059116, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(scores["coverage95"] == 1.0);
}

BOOST_AUTO_TEST_CASE(the_ranked_probability_of_a_mixture_looks_at_its_components) {
    const task::Task& regression = task::standard_task(task::Kind::regression);
    const Floats components{0.0F, 1.0F, 0.0F, 1.0F, 2.0F, 0.25F, 2.0F, 0.25F, -1.0F, 4.0F, -1.0F, 4.0F};
    const Floats moments(4);
    const Floats numbers{0.5F, 3.0F};
    const task::Predicted mixture{.task = regression, .predictions = moments, .components = components, .members = 3};
    const task::Answers answers = mixture.answers(0, {.numbers = numbers});
    const auto crps = std::ranges::find(regression.metrics(), "crps", &task::Metric::name);
    BOOST_TEST(crps->of_row(answers, 0) == 0.4623441104882582, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(crps->of_row(answers, 1) == 1.6698690708582486, boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(an_interval_covers_up_to_its_ends) {
    BOOST_TEST(NumberScores({0.0F, 1.0F, 0.0F, 1.0F}, {1.9F, 2.0F})["coverage95"] == 0.5);
    BOOST_TEST(NumberScores({0.0F, 4.0F, 0.0F, 4.0F}, {-3.9F, -4.0F})["coverage95"] == 0.5);
}

BOOST_AUTO_TEST_CASE(of_several_numbers_it_is_the_mean_over_them) {
    const NumberScores both({1, 1, 10, 4, 2, 1, 20, 4}, {1, 14, 4, 20}, 2);
    const NumberScores first({1, 1, 2, 1}, {1, 4});
    const NumberScores second({10, 4, 20, 4}, {14, 20});
    for (std::size_t i = 0; i < both.scores.size(); ++i)
        BOOST_TEST(both.scores[i] == (first.scores[i] + second.scores[i]) / 2, nearly);
}

BOOST_AUTO_TEST_CASE(sizes_and_labels_are_checked) {
    BOOST_CHECK_THROW(ClassScores({}, {}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(ClassScores({1, 0, 1}, {0}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(ClassScores({1, 0}, {2}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(ClassScores({1, 0}, {-1}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(NumberScores({1, 1, 2}, {1}), core::ContractViolation);
    BOOST_CHECK_THROW(NumberScores({1, 1}, {1, 2}), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
