// Reads published text tables and compares them with what is known about them.
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/published.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(published_tables_tests)

namespace {

using data::Source;
using Names = std::vector<std::string>;

std::string path(const std::string& name) {
    return (testing::published_folder() / name).string();
}

std::vector<float> item(const data::Table& table, std::uint32_t row) {
    std::vector<float> values(table.shape().elements());
    table.gather(std::vector<std::uint32_t>{row}, values.data(), values.size());
    return values;
}

std::vector<int> label_counts(const data::Table& table) {
    std::vector<int> counts(table.outputs());
    for (const std::int32_t label : table.labels()) ++counts.at(static_cast<std::size_t>(label));
    return counts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(pen_digits) {
    const Source source =
        data::load({.data = path("pendigits/pendigits.tra"), .test = path("pendigits/pendigits.tes")});
    BOOST_TEST(source.train.rows() == 7494U);
    BOOST_TEST_REQUIRE(source.test.has_value());
    BOOST_TEST(source.test->rows() == 3498U);
    BOOST_TEST((source.train.shape() == core::Shape{16}));
    BOOST_TEST((source.class_names == Names{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
    BOOST_TEST(source.train.labels()[0] == 8);
    BOOST_TEST(
        (item(source.train, 0) == std::vector<float>{47, 100, 27, 81, 57, 37, 26, 0, 0, 23, 56, 53, 100, 90, 40, 98}));
    BOOST_TEST((label_counts(source.train) == std::vector<int>{780, 779, 780, 719, 780, 720, 720, 778, 719, 719}));
    BOOST_TEST((label_counts(*source.test) == std::vector<int>{363, 364, 364, 336, 364, 335, 336, 364, 336, 336}));
}

BOOST_AUTO_TEST_CASE(series_with_their_label_in_front) {
    const Source cbf =
        data::load({.data = path("ucr/CBF/CBF_TRAIN.tsv"), .test = path("ucr/CBF/CBF_TEST.tsv"), .target = "1"});
    BOOST_TEST((cbf.train.rows() == 30U && cbf.test->rows() == 900U));
    BOOST_TEST((cbf.train.shape() == core::Shape{128}));
    BOOST_TEST((cbf.class_names == Names{"1", "2", "3"}));
    BOOST_TEST((label_counts(cbf.train) == std::vector<int>{10, 12, 8}));
    // Every series was published with mean 0 and deviation 1.
    double sum = 0;
    double squares = 0;
    for (const float value : item(*cbf.test, 899)) sum += value, squares += value * value;
    BOOST_TEST(std::abs(sum) < 1e-3);
    BOOST_TEST(std::abs(squares - 127) < 1.5);

    const Source power = data::load({.data = path("ucr/ItalyPowerDemand/ItalyPowerDemand_TRAIN.txt"),
                                     .test = path("ucr/ItalyPowerDemand/ItalyPowerDemand_TEST.txt"),
                                     .target = "1"});
    BOOST_TEST((power.train.rows() == 67U && power.test->rows() == 1029U));
    BOOST_TEST((power.train.shape() == core::Shape{24}));
    BOOST_TEST((power.class_names == Names{"1", "2"}));
    BOOST_TEST((label_counts(power.train) == std::vector<int>{34, 33}));
}

BOOST_AUTO_TEST_CASE(regression_tables) {
    const Source housing = data::load(path("uci/bostonHousing/data.txt"), 1);
    BOOST_TEST((housing.train.description().task == task::Kind::regression));
    BOOST_TEST((housing.train.rows() == 506U && housing.train.shape() == core::Shape{13}));
    BOOST_TEST(housing.train.targets()[0] == 24.0F);
    const Source wine = data::load({.data = path("uci/wine-quality-red/data.txt"), .task = task::Kind::regression});
    BOOST_TEST((wine.train.rows() == 1599U && wine.train.shape() == core::Shape{11}));
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char* argv[]) {
    return testing::run_or_skip({"pendigits", "ucr", "uci"}, argc, argv);
}
