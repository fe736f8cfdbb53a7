#include "predict/watch.hpp"

#include <limits>

#include <boost/test/unit_test.hpp>

#include "predict/example.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(watch_tests)

namespace {

using testing::example_ensemble;
using testing::example_rows;
using testing::example_width;

/// An ensemble, its validation rows, and where the values of training lay: between −2 and 2.
struct Guard {
    predict::Ensemble ensemble = example_ensemble(task::Kind::classification, 3);
    predict::RowPredictor predictor{ensemble};
    predict::HeldOutRows held_out;
    std::vector<predict::ColumnRange> ranges;

    Guard() {
        const auto predictions = predictor.predict(example_rows(400, 1), 400, 0);
        held_out = {.rows = 400,
                    .combined = predictions.combined,
                    .uncertainty = predictions.uncertainty,
                    .labels = {},
                    .numbers = {},
                    .targets = 3};
        for (const char* name : {"a", "b", "c", "d", "e"}) ranges.push_back({.name = name, .low = -2, .high = 2});
    }

    [[nodiscard]] std::vector<std::string> warnings(const std::vector<double>& raw) {
        const predict::Watch watch(ensemble, ranges, 4000, held_out, {});
        predict::Sightings sightings;
        // In pieces, as blocks come.
        for (std::size_t row = 0; row < raw.size() / example_width; row += 100) {
            const auto own = std::span(raw).subspan(row * example_width,
                                                    std::min(100 * example_width, raw.size() - row * example_width));
            predict::Sightings piece;
            watch.look(own, predictor.predict(own, own.size() / example_width, row), piece);
            sightings.add(piece);
        }
        return watch.warnings(sightings);
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rows_like_those_of_training_make_no_warning) {
    Guard guard;
    for (std::uint64_t seed = 10; seed < 20; ++seed) BOOST_TEST(guard.warnings(example_rows(2000, seed)).empty());
}

BOOST_AUTO_TEST_CASE(values_beyond_the_range_of_training_are_told) {
    Guard guard;
    std::vector<double> raw = example_rows(2000, 5);
    for (std::size_t row = 0; row < 2000; row += 10) raw[row * example_width + 3] = 2.5;
    for (std::size_t row = 0; row < 2000; row += 100) raw[row * example_width + 1] = -3;
    const auto warnings = guard.warnings(raw);
    BOOST_REQUIRE(!warnings.empty());
    BOOST_TEST(contains(warnings[0], "10 % of the rows have a value beyond"));
    BOOST_TEST(contains(warnings[0], "'d' beyond -2 to 2 in 10 %, 'b' beyond -2 to 2 in 1 %"));
}

BOOST_AUTO_TEST_CASE(what_is_missing_lies_nowhere) {
    Guard guard;
    const predict::Watch watch(guard.ensemble, guard.ranges, 4000, guard.held_out, {});
    std::vector<double> raw = example_rows(3);
    const auto predictions = guard.predictor.predict(raw, 3, 0);
    raw[4] = std::numeric_limits<double>::quiet_NaN();
    raw[5] = 2.1;
    predict::Sightings sightings;
    watch.look(raw, predictions, sightings);
    BOOST_TEST(sightings.beyond == 1U);
    BOOST_TEST((sightings.by_column == std::vector<std::uint64_t>{1, 0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(rows_that_members_are_uncertain_of_are_told) {
    Guard guard;
    guard.ranges.clear();
    std::vector<double> raw = example_rows(2000, 5);
    // At the origin networks without bias know nothing: every class is as probable.
    for (std::size_t i = 0; i < raw.size() / 5; ++i) raw[i] = 0;
    const auto warnings = guard.warnings(raw);
    BOOST_REQUIRE(warnings.size() == 1U);
    BOOST_TEST(contains(warnings[0], "less certain than 99 % of the validation rows (entropy above"));
}

BOOST_AUTO_TEST_SUITE_END()
