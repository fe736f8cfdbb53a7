#include "config/recipe.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "config/load_data.hpp"
#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(recipe_tests)

namespace {

using config::Options;

std::string table(std::size_t rows) {
    std::string text = "size,colour,kind\n";
    for (std::size_t row = 0; row < rows; ++row)
        text += fmt::format("{}.5,{},{}\n", row % 31, row % 2 == 0 ? "red" : "blue", row % 3 == 0 ? "a" : "b");
    return text;
}

/// What suits `data` where nobody has chosen but `chosen`.
std::string applied(Options& options, const std::string& data, const std::set<std::string>& chosen = {}) {
    options.data = data;
    const data::Source source = config::read_data(options);
    return config::apply_recipe(options, source, chosen);
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// 28×28 pixels each, as if they were somebody's own.
data::Source pictures() {
    Options options;
    options.data = "digits:train=300,test=20";
    return config::read_data(options);
}

}  // namespace

BOOST_AUTO_TEST_CASE(tables_get_a_network_for_their_size) {
    const Scratch scratch;
    Options small;
    const std::string told = applied(small, scratch.write("small.csv", table(120)));
    BOOST_TEST(contains(told, "chosen for a table of 120 rows: --net \"repeat(2)[ dense(128) relu dropout(0.3) ]\""));
    BOOST_TEST(small.nets.front() == "repeat(2)[ dense(128) relu dropout(0.3) ]");
    BOOST_TEST((small.training.optimizer == train::OptimizerKind::adamw));
    BOOST_TEST(small.training.patience == 16U);
    BOOST_TEST((small.calibrate == analysis::Calibrate::none));
    BOOST_TEST_REQUIRE(small.variations.size() == 1U);
    BOOST_TEST(small.variations.front().setting == "encoding");
    Options large;
    static_cast<void>(applied(large, scratch.write("large.csv", table(2'400))));
    BOOST_TEST(large.nets.front() == "repeat(3)[ dense(256) relu dropout(0.05) ]");
    BOOST_TEST((large.calibrate == analysis::Calibrate::temperature));
    Options numbers;
    std::string text = "size,weight\n";
    for (std::size_t row = 0; row < 2'400; ++row) text += fmt::format("{}.5,{}.25\n", row % 31, row % 97);
    static_cast<void>(applied(numbers, scratch.write("numbers.csv", text)));
    BOOST_TEST(numbers.nets.front() == "columns(12) relu repeat(3)[ dense(256) relu dropout(0.05) ]");
}

BOOST_AUTO_TEST_CASE(what_is_chosen_stays_with_what_goes_with_it) {
    const Scratch scratch;
    const std::string file = scratch.write("table.csv", table(120));
    Options options;
    options.training.epochs = 7;
    options.training.batch = 9;
    const std::string told = applied(options, file, {"epochs", "batch"});
    BOOST_TEST(!contains(told, "--epochs"));
    BOOST_TEST(!contains(told, "--patience"));
    BOOST_TEST(!contains(told, "--batch"));
    BOOST_TEST(!contains(told, "--lr"));
    BOOST_TEST(contains(told, "--optimizer adamw"));
    BOOST_TEST(options.training.epochs == 7U);
    BOOST_TEST(options.training.batch == 9U);
    BOOST_TEST(options.training.patience == 0U);
    Options none;
    none.recipe = false;
    BOOST_TEST(applied(none, file).empty());
    BOOST_TEST(none.nets == Options{}.nets, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pictures_from_files_get_convolutions) {
    Options options;
    options.data = "somewhere/pictures";
    const std::string told = config::apply_recipe(options, pictures(), {});
    BOOST_TEST(contains(told, "chosen for 300 images of 28×28: "));
    BOOST_TEST(options.nets.front() ==
               "conv(32, 3) relu maxpool(2) conv(64, 3) relu maxpool(2) dense(128) relu dropout(0.4)");
    BOOST_TEST((options.training.schedule == train::ScheduleKind::one_cycle));
    Options scheduled;
    scheduled.data = options.data;
    BOOST_TEST(!contains(config::apply_recipe(scheduled, pictures(), {"schedule"}), "--lr"));
    Options other;
    other.data = options.data;
    BOOST_TEST(config::apply_recipe(other, pictures(), {"net"}).empty());
    Options built_in;
    built_in.data = "digits";
    BOOST_TEST(config::apply_recipe(built_in, pictures(), {}).empty());
}

BOOST_AUTO_TEST_CASE(sequences_get_convolutions_along_their_steps) {
    Options options;
    options.preprocessing.sequence = data::Sequence{.steps = 28, .features = 28};
    const std::string told = config::apply_recipe(options, pictures(), {});
    BOOST_TEST(contains(told, "chosen for 300 sequences of 28 steps: "));
    BOOST_TEST(options.nets.front().starts_with("conv1d("));
    BOOST_TEST(options.training.batch == 16U);
}

BOOST_AUTO_TEST_SUITE_END()
