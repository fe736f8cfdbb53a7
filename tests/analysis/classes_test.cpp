#include "analysis/classes.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(classes_tests)

using analysis::Confusion;
using Labels = std::vector<std::int32_t>;

BOOST_AUTO_TEST_CASE(every_answer_stands_in_the_row_of_its_label) {
    const Confusion confusion(Labels{0, 0, 0, 2, 2}, Labels{0, 0, 1, 2, 0}, 3);
    BOOST_TEST(confusion.classes() == 3U);
    BOOST_TEST(confusion.count(0, 0) == 2);
    BOOST_TEST(confusion.count(0, 1) == 1);
    BOOST_TEST(confusion.count(1, 0) == 0);
    BOOST_TEST(confusion.count(2, 0) == 1);
    BOOST_TEST(confusion.items(0) == 3);
    BOOST_TEST(confusion.items(1) == 0);
    BOOST_TEST(confusion.recall(0).value() == 2.0 / 3);
    BOOST_TEST(!confusion.recall(1).has_value());
    BOOST_TEST(confusion.recall(2).value() == 0.5);
}

BOOST_AUTO_TEST_CASE(a_class_that_is_never_predicted_has_a_recall_of_zero) {
    Labels labels(99, 0);
    labels.push_back(1);
    const Confusion guessed(labels, Labels(100, 0), 2);
    BOOST_TEST(guessed.recall(0).value() == 1.0);
    BOOST_TEST(guessed.recall(1).value() == 0.0);
}

BOOST_AUTO_TEST_CASE(what_is_no_class_is_refused) {
    BOOST_CHECK_THROW(Confusion(Labels{0}, Labels{2}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(Confusion(Labels{-1}, Labels{0}, 2), core::ContractViolation);
    BOOST_CHECK_THROW(Confusion(Labels{0, 1}, Labels{0}, 2), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(the_largest_class_of_training_is_tried_on_the_test) {
    const analysis::Baseline baseline = analysis::majority(Labels{1, 2, 2, 0, 1}, Labels{1, 1, 0, 2}, 3);
    BOOST_TEST(baseline.label == 1U);
    BOOST_TEST(baseline.accuracy == 0.5);
}

BOOST_AUTO_TEST_SUITE_END()
