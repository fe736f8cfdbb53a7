#include "data/as_read.hpp"

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(as_read_tests)

using data::number_as_read;

namespace {

/// As it is read after it was standardised and stored in single precision.
std::string again(double value, double mean, double deviation) {
    return number_as_read(double{static_cast<float>((value - mean) / deviation)}, mean, deviation);
}

}  // namespace

BOOST_AUTO_TEST_CASE(standardised_numbers_are_read_again) {
    for (const auto& [mean, deviation] :
         {std::pair{0.0, 1.0}, {38.482178264, 13.2290117}, {-7.1, 0.0312}, {40.0, 1234.5}, {41.3, 7.0 / 3}}) {
        for (const auto& [value, text] : {std::pair{31.5, "31.5"},
                                          {40.0, "40"},
                                          {-0.25, "-0.25"},
                                          {1999.0, "1999"},
                                          {12.875, "12.875"},
                                          {38.48, "38.48"}}) {
            BOOST_TEST(again(value, mean, deviation) == text, value << " from " << mean << " and " << deviation);
        }
    }
    BOOST_TEST(again(0.000123, 0.0002, 0.0001) == "0.000123");
    BOOST_TEST(again(0, 3.3, 1.7) == "0");
    BOOST_TEST(again(1.25e-9, 0, 1e-9) == "1.25e-09");
    BOOST_TEST(again(2.5e18, 0, 1e18) == "2.5e+18");
}

/// Digits that single precision has lost are not made up, and nobody wants more than seven.
BOOST_AUTO_TEST_CASE(no_more_digits_than_there_are) {
    BOOST_TEST(again(38.48219287364, 38.48, 13.2) == "38.48219");
    BOOST_TEST(again(1234567.891, 0, 1e6) == "1234568");
    BOOST_TEST(again(3.00000001, 0, 1000) == "3");
    for (int i = 1; i < 1000; ++i) {  // far from the mean, a fourth digit would be a matter of luck
        const double value = i / 1000.0;
        BOOST_TEST(again(value, 992, 121) == fmt::format("{}", value));
    }
    // A feature that does not vary is its mean.
    BOOST_TEST(number_as_read(0, 17.25, 0) == "17.25");
}

BOOST_AUTO_TEST_CASE(a_column_of_several_features_is_the_largest_of_them) {
    const std::array<float, 4> bytes{0, 0, 0, 0};
    const data::Table table({.task = task::Kind::classification, .shape = {4}, .rows = 1, .outputs = 2},
                            {nullptr, std::as_bytes(std::span(bytes)).first(4)},
                            {nullptr, std::as_bytes(std::span(bytes)).first(4)});
    data::Source source{.name = "made up", .sha256 = "", .train = table, .test = {}};
    BOOST_TEST_REQUIRE(data::columns_of(source).size() == 4U);
    BOOST_TEST(data::columns_of(source)[3].name == "feature 4");
    source.columns = {{.name = "age"}, {.name = "town", .features = 3}};
    source.feature_scale = {.mean = {30, 0.5, 0.25, 0.25}, .deviation = {10, 0.5, 0.4, 0.4}};
    const std::vector<float> row{1.25F, -1.0F, -0.625F, 1.875F};
    BOOST_TEST(data::value_as_read(source, source.columns[0], 0, row) == "42.5");
    BOOST_TEST(data::value_as_read(source, source.columns[1], 1, row) == "3");
}

BOOST_AUTO_TEST_SUITE_END()
