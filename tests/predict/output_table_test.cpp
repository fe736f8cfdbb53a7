#include "predict/output_table.hpp"

#include <cmath>
#include <cstdlib>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "predict/example.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(output_table_tests)

namespace {

using testing::example_ensemble;
using testing::example_rows;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Fields without quotes.
std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    return fields;
}

}  // namespace

BOOST_AUTO_TEST_CASE(classes_are_written_with_their_names) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3, 2);
    const auto predictions = predict::RowPredictor(ensemble).predict(example_rows(2), 2, 0);
    const predict::OutputTable table(
        ensemble,
        {.kept = {"id", "a,b"}, .class_names = {"ash", "elm, white", "oak"}, .target_names = {}, .members = true},
        nullptr);
    BOOST_TEST(table.header() ==
               "id,\"a,b\",prediction,probability,entropy,mutual_information,votes,p_ash,\"p_elm, white\",p_oak,"
               "m0_p_ash,\"m0_p_elm, white\",m0_p_oak,m1_p_ash,\"m1_p_elm, white\",m1_p_oak\n");
    data::RowBlock block{.rows = 2, .values = {}, .truth = {}, .kept = "1,x2,\"y,z\"", .kept_ends = {3, 10}};
    std::string text;
    table.append_lines(predictions, block, text);
    const auto lines = lines_of(text);
    BOOST_REQUIRE(lines.size() == 2U);
    BOOST_TEST(lines[0].starts_with("1,x,"));
    BOOST_TEST(lines[1].starts_with("2,\"y,z\","));
    std::vector<float> numbers;
    table.append_numbers(predictions, numbers);
    BOOST_TEST(table.columns() == 14U);
    BOOST_TEST(numbers.size() == 28U);
    BOOST_TEST(numbers[0] == static_cast<float>(predictions.chosen[0]));
    // Numbers are read back as they were.
    const char* const name = predictions.chosen[0] == 0 ? "ash" : predictions.chosen[0] == 1 ? "\"elm, white\"" : "oak";
    const std::string begin = "1,x," + std::string(name) + ",";
    BOOST_TEST(lines[0].starts_with(begin));
    const auto fields = fields_of(lines[0].substr(begin.size()));
    BOOST_REQUIRE(fields.size() == 13U);
    for (std::size_t i = 0; i < fields.size(); ++i)
        BOOST_TEST(std::strtof(fields[i].c_str(), nullptr) == numbers[i + 1]);
    BOOST_TEST(numbers[1] == predictions.combined[static_cast<std::size_t>(predictions.chosen[0])]);
}

BOOST_AUTO_TEST_CASE(numbers_are_written_for_each_target) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::regression, 2, 3);
    predict::RowPredictor predictor(ensemble);
    const auto predictions = predictor.predict(example_rows(4), 4, 0);
    const auto calibration = predictor.predict(example_rows(100, 9), 100, 0);
    predict::HeldOutRows rows{.rows = 100,
                              .combined = calibration.combined,
                              .uncertainty = calibration.uncertainty,
                              .labels = {},
                              .numbers = std::vector<float>(200, 0.5F),
                              .targets = 2};
    const predict::TrustBounds bounds(ensemble, rows, 0.9, 1);
    const predict::OutputTable table(ensemble, {.kept = {}, .class_names = {}, .target_names = {"y", "z"}}, &bounds);
    BOOST_TEST(table.header() ==
               "y_mean,y_std,y_aleatoric_std,y_epistemic_std,y_low,y_high,"
               "z_mean,z_std,z_aleatoric_std,z_epistemic_std,z_low,z_high\n");
    std::vector<float> numbers;
    table.append_numbers(predictions, numbers);
    for (std::size_t i = 0; i < numbers.size(); i += 6) {
        // The law of total variance, and intervals around the mean.
        BOOST_TEST(std::abs(numbers[i + 1] * numbers[i + 1] - numbers[i + 2] * numbers[i + 2] -
                            numbers[i + 3] * numbers[i + 3]) < 1e-4F * numbers[i + 1] * numbers[i + 1] + 1e-6F);
        BOOST_TEST(numbers[i + 4] < numbers[i]);
        BOOST_TEST(std::abs(numbers[i] - (numbers[i + 4] + numbers[i + 5]) / 2) <
                   1e-4F * (1 + std::abs(numbers[i + 5])));
    }
    std::string text;
    table.append_lines(predictions, {}, text);
    BOOST_TEST(lines_of(text).size() == 4U);
    const predict::OutputTable one(ensemble, {.kept = {}, .class_names = {}, .target_names = {"y", "z"}}, nullptr);
    BOOST_TEST(one.columns() == 8U);
}

BOOST_AUTO_TEST_CASE(sets_stand_behind_the_probabilities) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3, 2);
    predict::RowPredictor predictor(ensemble);
    const auto calibration = predictor.predict(example_rows(60, 9), 60, 0);
    predict::HeldOutRows rows{.rows = 60,
                              .combined = calibration.combined,
                              .uncertainty = calibration.uncertainty,
                              .labels = std::vector<std::int32_t>(60, 1),
                              .numbers = {},
                              .targets = 3};
    const predict::TrustBounds bounds(ensemble, rows, 0.999, 1);  // too few rows for that: every class
    BOOST_TEST(bounds.note().find("60 validation rows are too few") != std::string::npos);
    for (const bool members : {false, true}) {
        const predict::OutputTable table(
            ensemble, {.kept = {}, .class_names = {"a", "b", "c"}, .target_names = {}, .members = members}, &bounds);
        BOOST_TEST(table.header().find("p_a,p_b,p_c,prediction_set") != std::string::npos);
        std::string text;
        table.append_lines(predictor.predict(example_rows(1), 1, 0), {}, text);
        BOOST_TEST(fields_of(text).at(8).substr(0, 5) == "a|b|c");
    }
    // What separates them may be part of their names.
    const predict::OutputTable table(
        ensemble, {.kept = {}, .class_names = {"a|b", "c\\", "d"}, .target_names = {}, .members = false}, &bounds);
    std::string text;
    table.append_lines(predictor.predict(example_rows(1), 1, 0), {}, text);
    BOOST_TEST(text.ends_with(",a\\|b|c\\\\|d\n"), text);
}

BOOST_AUTO_TEST_CASE(classes_are_called_as_their_table_has_them) {
    const predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 2, 2);
    const predict::OutputTable table(ensemble, {.kept = {}, .class_names = {"k\\x0A", "k\\x5Cx0A"}, .target_names = {}},
                                     nullptr);
    BOOST_TEST(table.header().ends_with(",\"p_k\n\",p_k\\x0A\n"), table.header());
    const auto predictions = predict::RowPredictor(ensemble).predict(example_rows(1), 1, 0);
    std::string text;
    table.append_lines(predictions, {}, text);
    BOOST_TEST(text.starts_with(predictions.chosen[0] == 0 ? "\"k\n\"," : "k\\x0A,"), text);
}

BOOST_AUTO_TEST_SUITE_END()
