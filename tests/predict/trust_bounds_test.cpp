#include "predict/trust_bounds.hpp"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "predict/example.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(trust_bounds_tests)

namespace {

using testing::example_ensemble;
using testing::example_rows;

predict::HeldOutRows held_out(const predict::Predictions& predictions, std::size_t targets) {
    predict::HeldOutRows rows{.rows = predictions.rows,
                              .combined = predictions.combined,
                              .uncertainty = predictions.uncertainty,
                              .labels = {},
                              .numbers = {},
                              .targets = targets};
    return rows;
}

}  // namespace

// Truths as the predicted distributions have them, twice as wide: intervals find that out.
BOOST_AUTO_TEST_CASE(intervals_cover_the_share_that_is_asked_for) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 1);
    predict::RowPredictor predictor(ensemble);
    core::RandomStream noise({.seed = 3});
    const auto truths = [&](const predict::Predictions& predictions) {
        std::vector<float> numbers;
        for (std::size_t row = 0; row < predictions.rows; ++row) {
            const double deviation = std::sqrt(predictions.combined[2 * row + 1]);
            numbers.push_back(
                static_cast<float>(predictions.combined[2 * row] + 4 * deviation * (noise.uniform() - 0.5)));
        }
        return numbers;
    };
    const auto calibration = predictor.predict(example_rows(1000, 1), 1000, 0);
    predict::HeldOutRows rows = held_out(calibration, 1);
    rows.numbers = truths(calibration);
    const auto fresh = predictor.predict(example_rows(4000, 2), 4000, 0);
    const auto numbers = truths(fresh);
    for (const double level : {0.5, 0.9}) {
        const predict::TrustBounds bounds(ensemble, rows, level, 1);
        BOOST_TEST(bounds.note().empty());
        const auto intervals = bounds.intervals(fresh);
        double covered = 0;
        for (std::size_t row = 0; row < 4000; ++row)
            covered += numbers[row] >= intervals[row].low && numbers[row] <= intervals[row].high ? 1 : 0;
        BOOST_TEST(std::abs(covered / 4000 - level) < 0.06);  // four deviations of either sample
    }
}

BOOST_AUTO_TEST_CASE(without_predicted_deviations_intervals_have_one_width) {
    predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 1, 1, "squared");
    ensemble.members[0].variances = {0};
    predict::RowPredictor predictor(ensemble);
    const auto calibration = predictor.predict(example_rows(50, 1), 50, 0);
    predict::HeldOutRows rows = held_out(calibration, 1);
    for (std::size_t row = 0; row < 50; ++row)
        rows.numbers.push_back(calibration.combined[2 * row] + 0.01F * static_cast<float>(row));
    const predict::TrustBounds bounds(ensemble, rows, 0.9, 1);
    for (const auto& interval : bounds.intervals(predictor.predict(example_rows(9), 9, 0)))
        BOOST_TEST(std::abs(interval.high - interval.low - 2 * 0.45) < 1e-5);  // the 46th of 50 errors: ⌈0.9 · 51⌉
}

BOOST_AUTO_TEST_CASE(the_set_of_a_row_is_the_same_in_any_place) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 4);
    predict::RowPredictor predictor(ensemble);
    const auto calibration = predictor.predict(example_rows(500, 1), 500, 0);
    predict::HeldOutRows rows = held_out(calibration, 4);
    core::RandomStream stream({.seed = 3});
    for (std::size_t row = 0; row < 500; ++row) rows.labels.push_back(static_cast<std::int32_t>(4 * stream.uniform()));
    const predict::TrustBounds bounds(ensemble, rows, 0.8, 1);
    const auto raw = example_rows(300);
    const auto all = bounds.sets(predictor.predict(raw, 300, 0));
    double size = 0;
    for (std::size_t row = 0; row < 300; ++row) {
        const auto own = std::span(raw).subspan(row * testing::example_width, testing::example_width);
        const auto alone = bounds.sets(predictor.predict(own, 1, 0));
        for (std::size_t label = 0; label < 4; ++label) BOOST_TEST(alone.has(0, label) == all.has(row, label));
        size += static_cast<double>(alone.size(0));
    }
    BOOST_TEST(size / 300 > 2);  // of labels that nothing tells, 80 % are in sets of about three
    BOOST_TEST(size / 300 < 4);
}

BOOST_AUTO_TEST_SUITE_END()
