#include "analysis/detection.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/sequence.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(detection_tests)

using analysis::Detection;
using analysis::detection;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

}  // namespace

// Values by references.py detection: scikit-learn's roc_auc_score, average_precision_score and roc_curve.
BOOST_AUTO_TEST_CASE(measures_agree_with_another_library) {
    Sequence sequence(3);
    Values outliers = sequence.take(150);
    for (double& score : outliers) score = std::sqrt(score);
    Values inliers = sequence.take(220);
    const Detection distinct = detection(outliers, inliers);
    BOOST_TEST(distinct.auroc == 0.68533333333333346, nearly);
    BOOST_TEST(distinct.aupr == 0.53209183245697222, nearly);
    BOOST_TEST(distinct.fpr95 == 0.75, nearly);
    for (Values* scores : {&outliers, &inliers}) {
        for (double& score : *scores) score = std::floor(score * 10);
    }
    const Detection tied = detection(outliers, inliers);
    BOOST_TEST(tied.auroc == 0.68272727272727274, nearly);
    BOOST_TEST(tied.aupr == 0.53110846171112391, nearly);
    BOOST_TEST(tied.fpr95 == 0.82727272727272727, nearly);
}

BOOST_AUTO_TEST_CASE(scores_apart_are_perfect_or_perfectly_wrong) {
    const Detection right = detection(Values{3, 4}, Values{1, 2, 2});
    BOOST_TEST(right.auroc == 1.0);
    BOOST_TEST(right.aupr == 1.0);
    BOOST_TEST(right.fpr95 == 0.0);
    const Detection wrong = detection(Values{1, 1}, Values{3, 2});
    BOOST_TEST(wrong.auroc == 0.0);
    BOOST_TEST(wrong.aupr == 0.5);
    BOOST_TEST(wrong.fpr95 == 1.0);
}

BOOST_AUTO_TEST_CASE(equal_scores_tell_nothing) {
    const Detection none = detection(Values(3, 0.5), Values(9, 0.5));
    BOOST_TEST(none.auroc == 0.5);
    BOOST_TEST(none.aupr == 0.25);  // the share of outliers
    BOOST_TEST(none.fpr95 == 1.0);
}

BOOST_AUTO_TEST_CASE(nineteen_of_twenty_outliers_are_enough) {
    for (const std::size_t twenties : {1U, 3U, 7U}) {
        Values outliers(20 * twenties);
        std::iota(outliers.rbegin(), outliers.rend(), 1.0);
        // Below all outliers but the lowest twentieth, one inlier; all others lie lower still.
        const Detection found = detection(outliers, Values{static_cast<double>(twenties) + 0.5, 0, 0, 0});
        BOOST_TEST(found.fpr95 == 0.0);
        BOOST_TEST(detection(outliers, Values{static_cast<double>(twenties) + 1.5, 0, 0, 0}).fpr95 == 0.25);
    }
}

BOOST_AUTO_TEST_CASE(one_of_each_and_infinite_scores) {
    const double infinite = std::numeric_limits<double>::infinity();
    BOOST_TEST(detection(Values{infinite}, Values{-infinite}).auroc == 1.0);
    BOOST_TEST(detection(Values{infinite}, Values{infinite}).auroc == 0.5);
}

BOOST_AUTO_TEST_CASE(what_has_no_outliers_inliers_or_order_is_refused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW(static_cast<void>(detection({}, Values{1})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(detection(Values{1}, {})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(detection(Values{nan}, Values{1})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(detection(Values{1}, Values{nan})), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
