#include "analysis/conformal.hpp"

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/coverage.hpp"
#include "analysis/sequence.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(conformal_tests)

using analysis::conformal_rank;
using analysis::conformal_threshold;
using analysis::Interval;
using analysis::IntervalMethod;
using Floats = std::vector<float>;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-9);
constexpr double infinite = std::numeric_limits<double>::infinity();

/// Pairs of mean and variance of each row, and what is true of it.
struct Predicted {
    Floats moments;
    Floats numbers;

    [[nodiscard]] task::Answers answers(std::size_t first, std::size_t count) const {
        return {.predictions = std::span(moments).subspan(2 * first, 2 * count),
                .rows = count,
                .stride = 2,
                .width = 2,
                .truth = {.numbers = std::span(numbers).subspan(first, count)}};
    }
    [[nodiscard]] task::Answers answers() const { return answers(0, numbers.size()); }
};

const IntervalMethod& method(std::string_view name) {
    for (const IntervalMethod& each : analysis::interval_methods()) {
        if (each.name == name) return each;
    }
    BOOST_FAIL("no method " << name);
    return analysis::interval_methods().front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(ranks_have_the_correction_for_a_new_row) {
    BOOST_TEST(conformal_rank(9, 0.1) == 9U);
    BOOST_TEST(conformal_rank(10, 0.1) == 10U);
    BOOST_TEST(conformal_rank(18, 0.1) == 18U);
    BOOST_TEST(conformal_rank(19, 0.1) == 18U);
    BOOST_TEST(conformal_rank(8, 0.1) == 9U);  // beyond the last one
    BOOST_TEST(conformal_rank(0, 0.1) == 1U);
    BOOST_TEST(conformal_rank(999, 0.05) == 950U);
    // Whatever shares are in binary: of 99 scores and k % all but k.
    for (std::size_t percent = 1; percent < 100; ++percent)
        BOOST_TEST(conformal_rank(99, static_cast<double>(percent) / 100) == 100 - percent);
}

BOOST_AUTO_TEST_CASE(thresholds_are_order_statistics) {
    Values scores{5, 1, 4, 2, 3, 9, 8, 7, 6};
    BOOST_TEST(conformal_threshold(scores, 0.1) == 9.0);
    BOOST_TEST(conformal_threshold(scores, 0.5) == 5.0);
    BOOST_TEST(conformal_threshold(scores, 0.95) == 1.0);
    BOOST_TEST(conformal_threshold(scores, 0.09) == infinite);
    BOOST_TEST(conformal_threshold({}, 0.5) == infinite);
    BOOST_TEST(conformal_threshold(Values{3}, 0.5) == 3.0);
    scores[0] = infinite;
    BOOST_TEST(conformal_threshold(scores, 0.1) == infinite);
    BOOST_TEST(conformal_threshold(scores, 0.2) == 9.0);
}

// Values by references.py conformal: numpy's quantile, scipy's norm.
BOOST_AUTO_TEST_CASE(thresholds_and_intervals_agree_with_another_library) {
    Sequence sequence(7);
    Predicted rows;
    const Values means = sequence.take(60);
    const Values variances = sequence.take(60);
    for (std::size_t row = 0; row < 60; ++row) {
        rows.moments.push_back(static_cast<float>(4 * means[row]));
        rows.moments.push_back(static_cast<float>(0.2 + 2 * variances[row]));
        rows.numbers.push_back(static_cast<float>(rows.moments[2 * row] + 3 * (sequence.next() - 0.5)));
    }
    struct Reference {
        std::string_view name;
        double alpha, threshold, low, high;
    };
    for (const Reference& reference :
         std::vector<Reference>{{"absolute", 0.1, 1.2360491752624512, 0.42762446403503418, 2.8997228145599365},
                                {"scaled", 0.1, 1.748909430477422, -0.85849725983070613, 4.1858445384256768},
                                {"cqr", 0.1, 0.076580256111680622, -0.78501455958511679, 4.112361838180087},
                                {"absolute", 0.25, 1.0288612842559814, 0.63481235504150391, 2.6925349235534668},
                                {"scaled", 0.25, 1.2491980139140906, -0.13784382240593129, 3.4651911010009018},
                                {"cqr", 0.25, 0.061500318312487146, -0.056790648477095695, 3.3841379270720662}}) {
        BOOST_TEST_CONTEXT(reference.name << " at " << reference.alpha) {
            const IntervalMethod& each = method(reference.name);
            const double threshold = analysis::interval_threshold(each, rows.answers(0, 39), reference.alpha);
            BOOST_TEST(threshold == reference.threshold, nearly);
            const auto intervals =
                analysis::conformal_intervals(each, rows.answers(39, 21), threshold, reference.alpha);
            BOOST_TEST(intervals[11].low == reference.low, nearly);
            BOOST_TEST(intervals[11].high == reference.high, nearly);
        }
    }
}

// With 39 calibration rows exactly 36 / 40 of new rows are covered on average. Of one simulation the share has a
// standard deviation of √(0.09 / 41 + 0.09 / 20), of the mean of 1,000 therefore 0.0026.
BOOST_AUTO_TEST_CASE(simulated_intervals_cover_nine_of_ten_whatever_the_predictions_are_worth) {
    core::RandomStream stream({.seed = 21});
    constexpr int simulations = 1000;
    constexpr std::size_t test = 20;
    Values share(analysis::interval_methods().size());
    for (int simulation = 0; simulation < simulations; ++simulation) {
        Predicted rows;
        for (std::size_t row = 0; row < 39 + test; ++row) {
            // The noise grows with x; predictions are biased, and their variances have little to do with it.
            const double x = stream.uniform();
            rows.numbers.push_back(static_cast<float>(x + (0.1 + x) * stream.normal()));
            rows.moments.push_back(static_cast<float>(0.3 + 0.5 * x));
            rows.moments.push_back(static_cast<float>(0.05 + 0.2 * x * x));
        }
        const task::Answers fresh = rows.answers(39, test);
        for (std::size_t i = 0; i < share.size(); ++i) {
            const IntervalMethod& each = analysis::interval_methods()[i];
            const double threshold = analysis::interval_threshold(each, rows.answers(0, 39), 0.1);
            const auto intervals = analysis::conformal_intervals(each, fresh, threshold, 0.1);
            share[i] += analysis::coverage_of(analysis::covered_rows(intervals, fresh)).share() / simulations;
        }
    }
    for (std::size_t i = 0; i < share.size(); ++i) {
        BOOST_TEST_MESSAGE(analysis::interval_methods()[i].name << " covers " << share[i]);
        BOOST_TEST(std::abs(share[i] - 0.9) < 4 * 0.0026, share[i]);
    }
}

BOOST_AUTO_TEST_CASE(too_few_rows_give_intervals_without_ends) {
    const Predicted two{.moments = {1, 1, 2, 0}, .numbers = {1, 5}};
    for (const IntervalMethod& each : analysis::interval_methods()) {
        const double threshold = analysis::interval_threshold(each, two.answers(), 0.1);
        BOOST_TEST(threshold == infinite);
        for (const Interval& interval : analysis::conformal_intervals(each, two.answers(), threshold, 0.1)) {
            BOOST_TEST(interval.low == -infinite);
            BOOST_TEST(interval.high == infinite);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_constant_target_that_is_learnt_has_intervals_of_no_width) {
    const Predicted constant{.moments = Floats(40, 0), .numbers = Floats(20, 0)};
    for (const IntervalMethod& each : analysis::interval_methods()) {
        const double threshold = analysis::interval_threshold(each, constant.answers(), 0.1);
        BOOST_TEST(threshold == 0.0);
        const auto intervals = analysis::conformal_intervals(each, constant.answers(), threshold, 0.1);
        BOOST_TEST(analysis::mean_width(intervals) == 0.0);
        BOOST_TEST(analysis::coverage_of(analysis::covered_rows(intervals, constant.answers())).share() == 1.0);
    }
}

BOOST_AUTO_TEST_CASE(a_certain_error_is_the_largest_score) {
    const Predicted certain{.moments = {0, 0, 0, 0, 0, 4}, .numbers = {0, 1, 4}};
    BOOST_TEST(analysis::interval_threshold(method("scaled"), certain.answers(), 0.25) == infinite);
    BOOST_TEST(analysis::interval_threshold(method("scaled"), certain.answers(), 0.5) == 2.0);
}

BOOST_AUTO_TEST_CASE(quantiles_are_not_moved_past_each_other) {
    const Predicted wide{.moments = {3, 1, 3, 0.25F}, .numbers = {3, 3}};
    const auto intervals = analysis::conformal_intervals(method("cqr"), wide.answers(), -1.5, 0.1);
    BOOST_TEST(intervals[0].high - 3 == 1.6448536269514722 - 1.5, nearly);
    BOOST_TEST(intervals[1].low == 3.0);
    BOOST_TEST(intervals[1].high == 3.0);
}

BOOST_AUTO_TEST_CASE(what_has_no_threshold_is_refused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto float_nan = static_cast<float>(nan);
    for (const double alpha : {0.0, 1.0, -0.1, nan})
        BOOST_CHECK_THROW(static_cast<void>(conformal_rank(9, alpha)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(conformal_threshold(Values{1, nan}, 0.5)), core::ContractViolation);
    const auto refused = [](const Predicted& rows, double threshold) {
        const IntervalMethod& absolute = method("absolute");
        BOOST_CHECK_THROW(static_cast<void>(analysis::interval_threshold(absolute, rows.answers(), 0.1)),
                          core::ContractViolation);
        BOOST_CHECK_THROW(static_cast<void>(analysis::conformal_intervals(absolute, rows.answers(), threshold, 0.1)),
                          core::ContractViolation);
    };
    for (const Floats& bad : {Floats{float_nan, 1}, Floats{0, float_nan}, Floats{0, -1}}) refused({bad, {0}}, 1);
    const Predicted without{.moments = {0, 1}, .numbers = {float_nan}};
    refused(without, nan);
    BOOST_TEST(analysis::conformal_intervals(method("absolute"), without.answers(), 1, 0.1)[0].high == 1.0);
    for (const IntervalMethod& each : analysis::interval_methods()) BOOST_TEST(!each.text.empty());
}

BOOST_AUTO_TEST_SUITE_END()
