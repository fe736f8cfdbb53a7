#include "data/scales.hpp"

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "data/failure.hpp"
#include "data/generator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(scales_tests)

namespace {

using core::Failure;
using data::Reach;
using testing::failure;

std::string compared(double low, double high, double test_low, double test_high, bool pixels = true) {
    return data::compare_scales({"x.npy", low, high}, {"t.npy", test_low, test_high}, pixels);
}

/// Rows of `columns`, of which every fourth reaches `high`; one row has `far` in its first column.
data::Table table(std::size_t columns, double high, double far = 0, std::size_t reaching = 4) {
    constexpr std::size_t rows = 20;
    core::Buffer<double> values(rows * columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t column = i % columns;
        const bool reaches = column % reaching == 0 && (i / columns + column) % 3 == 0;
        values[i] = reaches ? high : static_cast<double>(column % 7) / 8 * high;
    }
    if (far != 0) values[0] = far;
    return {{.element = data::Element::f64, .shape = {columns}, .rows = rows, .outputs = 2},
            data::share(std::move(values)),
            data::share(core::Buffer<std::int32_t>(rows))};
}

std::string compared(const data::Table& train, const data::Table& test) {
    return data::compare_scales_of_columns("a.csv", train, "t.csv", test);
}

}  // namespace

BOOST_AUTO_TEST_CASE(images_on_another_scale_are_refused) {
    const auto refuses = [](double high, double test_high) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(compared(0, high, 0, test_high)), core::Error,
                              failure(Failure::data, "t.npy: its values go from 0 to", "x.npy", "one scale"));
    };
    refuses(16, 255);
    refuses(255, 16);
    refuses(1, 255);
    refuses(255, 1);
    refuses(1, 16);
    refuses(65535, 255);
    BOOST_CHECK_THROW(static_cast<void>(compared(-1, 1, 0, 255)), core::Error);
    BOOST_TEST(compared(0, 255, 0, 200).empty());
    BOOST_TEST(compared(0, 1, 0, 0.7).empty());
    BOOST_TEST(compared(0, 255, 0, 0).empty());
    BOOST_TEST(compared(-1, 1, -0.9, 1).empty());
    BOOST_TEST(compared(0, 255, 0, 1023).find("one scale") != std::string::npos);
    BOOST_TEST(compared(-1, 1, 0, 1).find("from 0 to 1, but those of x.npy from -1 to 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_of_other_kinds_are_noted_only) {
    BOOST_TEST(compared(0, 16, 0, 255, false).empty());
    BOOST_TEST(compared(0, 1, 0, 255, false).find("one scale") != std::string::npos);
    BOOST_TEST(compared(-3, 1, 0, 2, false).empty());
}

BOOST_AUTO_TEST_CASE(columns_that_look_like_pixels_are_images) {
    BOOST_TEST(data::look_like_pixels(table(784, 255)));
    BOOST_TEST(data::look_like_pixels(table(64, 16)));
    BOOST_TEST(!data::look_like_pixels(table(16, 255)));         // too few
    BOOST_TEST(!data::look_like_pixels(table(784, 255, 5000)));  // one column of another kind
    BOOST_TEST(!data::look_like_pixels(table(784, 255, -1)));
    BOOST_TEST(!data::look_like_pixels(table(784, 255, 0, 20)));  // few reach the largest
    for (const auto& [high, test_high] : {std::pair{255.0, 1.0}, {1.0, 255.0}, {16.0, 255.0}, {255.0, 16.0}}) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(compared(table(784, high), table(784, test_high))), core::Error,
                              failure(Failure::data, "t.csv", "a.csv", "one scale"));
    }
    BOOST_TEST(compared(table(784, 255), table(784, 255)).empty());
    BOOST_TEST(compared(table(784, 1), table(784, 1, 9999)).empty());
    BOOST_TEST(compared(table(20, 255), table(20, 1)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
