#include "config/evaluation_sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "config/experiment.hpp"
#include "config/parse_shift.hpp"
#include "core/error.hpp"
#include "data/generator.hpp"
#include "data/preprocessing.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(evaluation_sets_tests)

namespace {

using config::Experiment;
using config::Options;

Options options_of(const char* data) {
    Options options;
    options.data = data;
    options.nets = {"dense(4) relu"};
    return options;
}

std::string refusal(const Options& options) {
    return usage_error([&] { const Experiment experiment(options, config::load_data(options)); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(classes_in_the_plane_are_predicted_on_a_grid_around_the_data) {
    const Options options = options_of("moons:train=60,test=20");
    const Experiment experiment(options, config::load_data(options));
    BOOST_TEST((experiment.set_names() == std::vector<std::string>{"validation", "test", "grid"}));
    const data::Grid& grid = experiment.grid().value();
    const config::EvaluationSet& set = experiment.evaluation_sets()[2];
    BOOST_TEST(set.count == grid.cells());
    BOOST_TEST(set.labels.empty());
    std::size_t inside = 0;
    for (const data::View& rows : {experiment.validation_set().rows, experiment.test_set().rows}) {
        for (const std::uint32_t row : rows.rows) {
            std::array<float, 2> point{};
            rows.gather(std::span(&row, 1), point.data(), 2);
            inside += point[0] > grid.x_low && point[0] < grid.x_high && point[1] > grid.y_low && point[1] < grid.y_high
                          ? 1
                          : 0;
        }
    }
    BOOST_TEST(inside == experiment.validation_set().count + 20);

    Options reduced = options;
    reduced.preprocessing.reduction = data::Reduction::pca;
    reduced.preprocessing.keep = 2;
    const Experiment components(reduced, config::load_data(reduced));
    BOOST_TEST(components.evaluation_sets().size() == 2U);
    const Options images = options_of("digits:train=60,test=20");
    BOOST_TEST(Experiment(images, config::load_data(images)).evaluation_sets().size() == 2U);
}

BOOST_AUTO_TEST_CASE(beyond_the_border_of_turned_images_is_what_a_stored_zero_is) {
    // One channel, standardised by itself: the scale of all pixels.
    core::Buffer<float> pixels(30UL * 36);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(8 + 2 * static_cast<int>(i % 3));
    core::Buffer<std::int32_t> labels(30);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 2);
    const data::Source source{
        .name = "images",
        .sha256 = "",
        .train = data::Table({.element = data::Element::f32, .shape = {6, 6, 1}, .rows = 30, .outputs = 2},
                             data::share(std::move(pixels)), data::share(std::move(labels))),
        .test = std::nullopt};
    Options options = options_of("images");
    config::add_shift(options, "rotate:45");
    std::vector<std::uint32_t> rows(20);
    std::iota(rows.begin(), rows.end(), 0U);
    const Experiment experiment(options, data::preprocess(source, rows, {.standardize = data::Standardize::channels}));
    const data::View& turned = experiment.evaluation_sets()[2].rows;
    std::vector<float> image(36);
    turned.gather(turned.rows.first(1), image.data(), image.size());
    BOOST_TEST(double{image.front()} == -10 / std::sqrt(8.0 / 3), boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(shuffled_rows_are_some_test_rows_again_and_again) {
    Options options = options_of("moons:train=60,test=1500");
    options.importance = 3;
    const Experiment experiment(options, config::load_data(options));
    const analysis::ShuffledColumns& columns = experiment.shuffled().value();
    BOOST_TEST((columns.names == std::vector<std::string>{"feature 1", "feature 2"}));
    BOOST_TEST_REQUIRE(columns.places.size() == 1000U);
    BOOST_TEST((columns.places[1] == 1U && columns.places[999] == 1498U));
    const config::EvaluationSet& set = experiment.evaluation_sets().back();
    BOOST_TEST((set.name == "importance" && set.count == 6000U && set.labels.size() == 6000U));
    std::size_t different = 0;
    for (std::size_t i = 0; i < set.count; ++i)
        different += set.labels[i] != experiment.test_set().labels[columns.places[i % 1000]] ? 1 : 0;
    BOOST_TEST(different == 0U);
    // The second feature stays where the first is shuffled.
    const std::uint32_t row = 17;
    std::array<float, 2> made{};
    std::array<float, 2> own{};
    set.rows.gather(std::span(&row, 1), made.data(), 2);
    experiment.test_set().rows.gather(experiment.test_set().rows.rows.subspan(columns.places[17], 1), own.data(), 2);
    BOOST_TEST(made[1] == own[1]);

    options.importance = 0;
    BOOST_TEST(Experiment(options, config::load_data(options)).digest() == experiment.digest());
}

BOOST_AUTO_TEST_CASE(shuffling_is_for_tables) {
    Options options = options_of("digits:train=60,test=20");
    options.importance = 2;
    BOOST_TEST(refusal(options) ==
               "--importance 2: shuffles the columns of a table, and a row of digits:train=60,test=20 is 28×28; leave "
               "it out");
    options.preprocessing.reduction = data::Reduction::variance;
    options.preprocessing.keep = 201;
    BOOST_TEST(contains(refusal(options), "has 201 columns, and at most 200 are shuffled"));
    options.preprocessing.reduction = data::Reduction::pca;
    options.preprocessing.keep = 3;
    const Experiment experiment(options, config::load_data(options));
    BOOST_TEST(
        (experiment.shuffled().value().names == std::vector<std::string>{"component 1", "component 2", "component 3"}));
}

BOOST_AUTO_TEST_CASE(a_name_says_what_a_set_is_for) {
    using analysis::SetUse;
    const Options options;
    for (const auto& [name, use] : {std::pair{"validation", SetUse::validation},
                                    {"test", SetUse::test},
                                    {"ood", SetUse::foreign},
                                    {"grid", SetUse::grid},
                                    {"importance", SetUse::shuffled}})
        BOOST_TEST((config::described_set(name, options, data::RowKind::numbers).use == use), name);
    BOOST_CHECK_THROW(config::described_set("other", options, data::RowKind::numbers), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
