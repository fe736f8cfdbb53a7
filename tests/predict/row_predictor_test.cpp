#include "predict/row_predictor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "analysis/uncertainty.hpp"
#include "compute/prepared_pool.hpp"
#include "core/error.hpp"
#include "data/failure.hpp"
#include "predict/example.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(row_predictor_tests)

namespace {

using predict::Predictions;
using testing::example_ensemble;
using testing::example_rows;

/// What is predicted of rows [first, first + count) alone, among all.
void check_part(const Predictions& all, const Predictions& part, std::size_t first, std::size_t width) {
    const auto same = [](const auto& whole, const auto& own, std::size_t begin) {
        return std::equal(own.begin(), own.end(), whole.begin() + static_cast<std::ptrdiff_t>(begin));
    };
    BOOST_TEST(same(all.combined, part.combined, first * width));
    BOOST_TEST(same(all.votes, part.votes, all.votes.empty() ? 0 : first));
    BOOST_TEST(same(all.chosen, part.chosen, all.chosen.empty() ? 0 : first));
    const std::size_t measures = all.uncertainty.size() / all.rows;
    BOOST_TEST(same(all.uncertainty, part.uncertainty, first * measures));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_row_is_predicted_alike_alone_and_among_others) {
    const auto raw = example_rows(200);
    for (const auto kind : {task::Kind::classification, task::Kind::regression}) {
        const predict::Ensemble ensemble = example_ensemble(kind, 3);
        predict::RowPredictor predictor(ensemble);
        const Predictions all = predictor.predict(raw, 200, 0);
        for (const auto& [first, count] :
             {std::pair<std::size_t, std::size_t>{0, 1}, {63, 2}, {5, 9}, {100, 100}, {199, 1}}) {
            const auto own = std::span(raw).subspan(first * testing::example_width, count * testing::example_width);
            check_part(all, predictor.predict(own, count, first), first, ensemble.width());
        }
        compute::PreparedPool pool;
        pool.resize(3);
        predict::RowPredictor shared(ensemble, &pool);
        check_part(all, shared.predict(raw, 200, 0), 0, ensemble.width());
    }
}

BOOST_AUTO_TEST_CASE(what_is_drawn_for_a_row_is_drawn_by_its_content) {
    predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3, 2);
    ensemble.networks[0] = model::Network("dense(9) relu dropout(0.5)", ensemble.shape, 3);
    const Predictions without = predict::RowPredictor(ensemble).predict(example_rows(150), 150, 0);
    ensemble.members[0].masks = core::StreamKey{.seed = 1, .member = 0, .purpose = core::Purpose::evaluate};
    predict::RowPredictor predictor(ensemble);
    std::vector<double> raw = example_rows(150);
    std::copy_n(raw.begin(), 5 * testing::example_width,
                raw.begin() + 20 * testing::example_width);  // rows that repeat
    const Predictions all = predictor.predict(raw, 150, 0);
    BOOST_TEST((all.members != without.members));
    for (const std::size_t row : {0U, 3U, 20U, 64U, 149U}) {
        const auto own = std::span(raw).subspan(row * testing::example_width, testing::example_width);
        check_part(all, predictor.predict(own, 1, 0), row, 3);
    }
}

BOOST_AUTO_TEST_CASE(members_are_combined_as_the_analysis_does) {
    predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3);
    const auto raw = example_rows(50);
    predict::RowPredictor average(ensemble);
    const Predictions predictions = average.predict(raw, 50, 0);
    const analysis::Block block{.task = *ensemble.task,
                                .targets = 3,
                                .members = 4,
                                .rows = 50,
                                .predictions = predictions.members,
                                .truth = {}};
    const analysis::RowResults expected = analysis::analyse(block, 0);
    BOOST_TEST((predictions.combined == expected.combined[0].predictions));
    BOOST_TEST((predictions.uncertainty == expected.uncertainty));
    for (std::size_t row = 0; row < 50; ++row)
        BOOST_TEST(predictions.votes[row] ==
                   expected.votes[row * 3 + static_cast<std::size_t>(predictions.chosen[row])]);
    // Other weights, other predictions; and a temperature above 1 makes them less sure.
    ensemble.combine = analysis::find_combination(ensemble.task->kind, "weighted");
    ensemble.weights.assign(analysis::combinations_of(ensemble.task->kind).size(), {});
    ensemble.weights[ensemble.combine] = {0, 1, 0, 0};
    const Predictions weighted = predict::RowPredictor(ensemble).predict(raw, 50, 0);
    const auto second = std::span(predictions.members).subspan(50 * 3, 50 * 3);
    for (std::size_t i = 0; i < second.size(); ++i) BOOST_TEST(std::abs(weighted.combined[i] - second[i]) < 1e-6);
    ensemble.temperature = 2;
    const Predictions cooler = predict::RowPredictor(ensemble).predict(raw, 50, 0);
    BOOST_TEST((cooler.chosen == weighted.chosen));
    BOOST_TEST(*std::ranges::max_element(cooler.combined) < *std::ranges::max_element(weighted.combined));
}

BOOST_AUTO_TEST_CASE(variances_that_outputs_lack_are_those_of_the_members) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 2, 4, "squared");
    const Predictions predictions = predict::RowPredictor(ensemble).predict(example_rows(3), 3, 0);
    for (std::size_t member = 0; member < 4; ++member) {
        for (std::size_t i = 1; i < 12; i += 2) {
            BOOST_TEST(predictions.members[member * 12 + i] == 0.25F * static_cast<float>(member + 1));
        }
    }
}

BOOST_AUTO_TEST_CASE(features_that_a_member_never_saw_do_not_count) {
    predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 2, 2);
    ensemble.members[0].hidden_features = {1, 3};
    std::vector<double> raw = example_rows(4);
    predict::RowPredictor predictor(ensemble);
    const Predictions before = predictor.predict(raw, 4, 0);
    for (std::size_t row = 0; row < 4; ++row) raw[row * testing::example_width + 3] += 1;
    const Predictions after = predictor.predict(raw, 4, 0);
    BOOST_TEST(std::equal(before.members.begin(), before.members.begin() + 8, after.members.begin()));
    BOOST_TEST(!std::equal(before.members.begin() + 8, before.members.end(), after.members.begin() + 8));
}

BOOST_AUTO_TEST_CASE(a_row_without_a_finite_prediction_is_named) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 1);
    std::vector<double> raw = example_rows(80);
    raw[70 * testing::example_width] = 1e39;
    predict::RowPredictor predictor(ensemble);
    BOOST_CHECK_EXCEPTION(static_cast<void>(predictor.predict(raw, 80, 1000)), core::Error,
                          testing::failure(core::Failure::data, "row 1071", "member 0"));
}

BOOST_AUTO_TEST_SUITE_END()
