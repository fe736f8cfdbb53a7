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
                      const std::vector<double>& truth, std::size_t piece) {
    predict::RowPredictor predictor(ensemble);
    predict::Scoring scoring(ensemble);
    const std::size_t rows = raw.size() / example_width;
    const std::size_t width = truth.size() / rows;
    for (std::size_t row = 0; row < rows; row += piece) {
        const std::size_t count = std::min(piece, rows - row);
        const auto predictions =
            predictor.predict(std::span(raw).subspan(row * example_width, count * example_width), count, row);
        scoring.take(
            predict::Scoring::measure(ensemble, predictions, std::span(truth).subspan(row * width, count * width)));
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

BOOST_AUTO_TEST_SUITE_END()
