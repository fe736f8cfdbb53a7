#include "predict/scoring.hpp"

#include <limits>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "predict/example.hpp"
#include "task/score.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(scoring_tests)

namespace {

using testing::example_ensemble;
using testing::example_rows;
using testing::example_width;

nlohmann::json scored(const predict::Ensemble& ensemble, const std::vector<double>& raw,
                      const std::vector<double>& truth, std::size_t piece,
                      const predict::TrustBounds* bounds = nullptr) {
    predict::RowPredictor predictor(ensemble);
    predict::Scoring scoring(ensemble, bounds);
    const std::size_t rows = raw.size() / example_width;
    const std::size_t width = truth.size() / rows;
    for (std::size_t row = 0; row < rows; row += piece) {
        const std::size_t count = std::min(piece, rows - row);
        const auto predictions =
            predictor.predict(std::span(raw).subspan(row * example_width, count * example_width), count, row);
        scoring.take(scoring.measure(predictions, std::span(truth).subspan(row * width, count * width)));
    }
    return nlohmann::json::parse(scoring.to_json());
}

}  // namespace

BOOST_AUTO_TEST_CASE(scores_are_those_of_all_rows_with_a_truth) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const auto raw = example_rows(100);
    const predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3);
    std::vector<double> truth;
    std::vector<std::int32_t> labels;
    for (std::size_t row = 0; row < 100; ++row) {
        labels.push_back(static_cast<std::int32_t>(row % 3));
        truth.push_back(static_cast<double>(row % 3));
    }
    const auto predictions = predict::RowPredictor(ensemble).predict(raw, 100, 0);
    const task::Scores expected = task::score(
        {.task = *ensemble.task, .targets = 3, .predictions = predictions.combined, .chosen = predictions.chosen},
        {.labels = labels});
    for (const std::size_t piece : {1, 33, 100}) {
        const auto json = scored(ensemble, raw, truth, piece);
        BOOST_TEST(json.at("rows") == 100);
        for (std::size_t i = 0; i < expected.size(); ++i)
            BOOST_TEST(std::abs(json.at(std::string(ensemble.task->metrics()[i].name)).get<double>() - expected[i]) <
                       1e-12);
    }
    truth[0] = truth[50] = none;
    BOOST_TEST(scored(ensemble, raw, truth, 10).at("rows") == 98);
    BOOST_TEST(scored(ensemble, raw, std::vector<double>(100, none), 10).dump() == "{\"rows\":0}");
}

BOOST_AUTO_TEST_CASE(numbers_are_scored_as_a_mixture) {
    const auto raw = example_rows(60);
    const predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 2);
    std::vector<double> truth(120);
    core::RandomStream stream({.seed = 4});
    for (double& value : truth) value = stream.uniform();
    const std::vector<float> numbers(truth.begin(), truth.end());
    const auto predictions = predict::RowPredictor(ensemble).predict(raw, 60, 0);
    const task::Scores expected = task::score({.task = *ensemble.task,
                                               .targets = 2,
                                               .predictions = predictions.combined,
                                               .components = predictions.members,
                                               .members = 4},
                                              {.numbers = numbers, .targets = 2});
    const auto json = scored(ensemble, raw, truth, 7);
    for (std::size_t i = 0; i < expected.size(); ++i)
        BOOST_TEST(std::abs(json.at(std::string(ensemble.task->metrics()[i].name)).get<double>() - expected[i]) < 1e-9);
}

BOOST_AUTO_TEST_CASE(how_often_intervals_hold_is_counted) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 2);
    const auto raw = example_rows(50);
    const auto predictions = predict::RowPredictor(ensemble).predict(raw, 50, 0);
    predict::HeldOutRows rows{
        .rows = 50, .combined = predictions.combined, .uncertainty = {}, .labels = {}, .numbers = {}, .targets = 2};
    for (std::size_t place = 0; place < 100; ++place)
        rows.numbers.push_back(predictions.combined[2 * place] + static_cast<float>(place % 7) / 7);
    const predict::TrustBounds bounds(ensemble, rows, 0.8, 1);
    const auto intervals = bounds.intervals(predictions);
    std::vector<double> truth;
    double width = 0;
    for (std::size_t place = 0; place < 100; ++place) {
        const bool holds = place < 60;
        truth.push_back(holds ? intervals[place].high : std::nextafter(intervals[place].high, 1e9));
        if (place >= 2) width += (intervals[place].high - intervals[place].low) / 98;
    }
    truth[0] = none;  // a row of which one number is known is not asked
    for (const std::size_t piece : {1, 11, 50}) {
        const auto json = scored(ensemble, raw, truth, piece, &bounds);
        BOOST_TEST(json.at("intervals").at("level").get<double>() == 0.8, boost::test_tools::tolerance(1e-12));
        BOOST_TEST(json.at("intervals").at("coverage").get<double>() == 58.0 / 98);
        BOOST_TEST(json.at("intervals").at("mean_width").get<double>() == width, boost::test_tools::tolerance(1e-9));
    }
}

BOOST_AUTO_TEST_CASE(how_often_sets_hold_is_counted) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3);
    const auto raw = example_rows(90);
    const auto predictions = predict::RowPredictor(ensemble).predict(raw, 90, 0);
    predict::HeldOutRows rows{
        .rows = 90, .combined = predictions.combined, .uncertainty = {}, .labels = {}, .numbers = {}, .targets = 3};
    for (std::size_t row = 0; row < 90; ++row) rows.labels.push_back(static_cast<std::int32_t>(row % 3));
    const predict::TrustBounds bounds(ensemble, rows, 0.5, 1);
    const auto sets = bounds.sets(predictions);
    const std::vector<double> truth(90, 1.0);
    double held = 0;
    for (std::size_t row = 0; row < 90; ++row) held += sets.has(row, 1) ? 1 : 0;
    const auto json = scored(ensemble, raw, truth, 20, &bounds);
    BOOST_TEST((held > 0 && held < 90));
    BOOST_TEST(json.at("sets").at("coverage").get<double>() == held / 90);
    BOOST_TEST(json.at("sets").at("mean_size").get<double>() == sets.mean_size(), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()
