#include "config/coverage_groups.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "config/experiment.hpp"
#include "core/error.hpp"
#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(coverage_groups_tests)

using config::Experiment;
using config::Options;

namespace {

/// 40 rows: the age of row i is 20.5 + i, in an order of its own; two sexes; nobody's height differs but for one.
class Table {
public:
    Table() {
        std::string text = "age,sex,height,y\n";
        for (int i = 0; i < rows; ++i)
            text += fmt::format("{},{},{},{}\n", 20.5 + i * 17 % rows, i % 2, i == 0 ? 171 : 170, i * 0.75);
        path_ = folder_.write("people.csv", text);
    }

    [[nodiscard]] Options by(const std::string& column) const {
        Options options;
        options.data = path_;
        options.nets = {"dense(2) relu"};
        options.train_limit = 28;  // quartiles of four equal parts
        options.coverage_by = column;
        return options;
    }

private:
    static constexpr int rows = 40;
    Scratch folder_;
    std::string path_;
};

std::string refusal(const Options& options) {
    try {
        const Experiment experiment(options, config::load_data(options));
        return "";
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::usage));
        return error.what();
    }
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

/// The reference: the rows of the table itself, sorted.
BOOST_AUTO_TEST_CASE(numbers_are_cut_at_the_quartiles_of_the_training_rows) {
    const Table table;
    const Options options = table.by("age");
    const Experiment experiment(options, config::load_data(options));
    const analysis::RowGroups& groups = experiment.coverage_groups();
    const auto age_of = [](std::uint32_t row) { return 20.5 + row * 17 % 40; };
    std::vector<double> ages;
    for (const std::uint32_t row : experiment.split().train) ages.push_back(age_of(row));
    std::ranges::sort(ages);
    const auto quartile = [&](double part) {
        return ages[static_cast<std::size_t>(std::ceil(static_cast<double>(ages.size()) * part)) - 1];
    };
    const std::vector<double> cuts{quartile(0.25), quartile(0.5), quartile(0.75)};
    BOOST_TEST_REQUIRE(groups.names.size() == 4U);
    BOOST_TEST(groups.names[0] == fmt::format("age ≤ {}", cuts[0]));
    BOOST_TEST(groups.names[1] == fmt::format("{} < age ≤ {}", cuts[0], cuts[1]));
    BOOST_TEST(groups.names[3] == fmt::format("age > {}", cuts[2]));
    const auto& test = experiment.split().test;
    BOOST_TEST_REQUIRE(groups.of_row.size() == test.size());
    for (std::size_t i = 0; i < test.size(); ++i) {
        const auto above = std::ranges::count_if(cuts, [&](double cut) { return age_of(test[i]) > cut; });
        BOOST_TEST(groups.of_row[i] == static_cast<std::uint32_t>(above));
    }
}

BOOST_AUTO_TEST_CASE(few_values_are_groups_of_their_own) {
    const Table table;
    const Options options = table.by("sex");
    const Experiment experiment(options, config::load_data(options));
    const analysis::RowGroups& groups = experiment.coverage_groups();
    BOOST_TEST((groups.names == std::vector<std::string>{"sex = 0", "sex = 1"}));
    for (std::size_t i = 0; i < groups.of_row.size(); ++i)
        BOOST_TEST(groups.of_row[i] == experiment.split().test[i] % 2);
    // Members are what they are without.
    Options without = options;
    without.coverage_by.clear();
    const Experiment other(without, config::load_data(without));
    BOOST_TEST(other.coverage_groups().empty());
    BOOST_TEST(other.digest() == experiment.digest());
}

BOOST_AUTO_TEST_CASE(columns_without_names_have_numbers) {
    Options options;
    options.data = "moons:train=60,test=40";
    options.coverage_by = "2";
    const Experiment experiment(options, config::load_data(options));
    BOOST_TEST(experiment.coverage_groups().names.size() == 4U);
    BOOST_TEST(contains(experiment.coverage_groups().names.front(), "feature 2 ≤ "));
}

BOOST_AUTO_TEST_CASE(other_columns_are_refused) {
    const Table table;
    BOOST_TEST(contains(refusal(table.by("colour")), "--coverage-by colour: no column that members learn from"));
    BOOST_TEST(contains(refusal(table.by("colour")), "which has: age, sex, height"));
    BOOST_TEST(contains(refusal(table.by("y")), "--coverage-by y: no column"));
    Options options = table.by("age");
    options.preprocessing.reduction = data::Reduction::variance;
    options.preprocessing.keep = 2;
    BOOST_TEST(contains(refusal(options), "--reduce leaves no columns"));
    Options images;
    images.data = "digits:train=60,test=20";
    images.coverage_by = "1";
    BOOST_TEST(contains(refusal(images), "a row of digits:train=60,test=20 is 28×28"));
    Options folds;
    folds.data = "moons:train=60,test=40";
    folds.coverage_by = "1";
    folds.folds = 4;
    BOOST_TEST(contains(refusal(folds), "with --folds there are no sets of classes"));
}

BOOST_AUTO_TEST_SUITE_END()
