#include "data/digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/block.hpp"
#include "data/digit_strokes.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(digits_tests)

namespace {

using data::Part;
using data::Table;

constexpr std::size_t side = 28;
constexpr std::size_t pixels = side * side;

std::span<const std::uint8_t> image(const Table& table, std::size_t row) {
    return {reinterpret_cast<const std::uint8_t*>(table.feature_bytes().data()) + row * pixels, pixels};
}

bool agree(const Table& a, const Table& b) {
    const std::size_t rows = std::min(a.rows(), b.rows());
    return std::ranges::equal(a.feature_bytes().first(rows * pixels), b.feature_bytes().first(rows * pixels)) &&
           std::ranges::equal(a.labels().first(rows), b.labels().first(rows));
}

/// Share of `test` whose nearest image of `train` (Euclidean) has another label.
double nearest_neighbour_error(const Table& train, const Table& test) {
    int wrong = 0;
    for (std::size_t i = 0; i < test.rows(); ++i) {
        int closest = 1 << 30;
        std::int32_t label = -1;
        for (std::size_t k = 0; k < train.rows(); ++k) {
            int distance = 0;
            for (std::size_t p = 0; p < pixels; ++p) {
                const int difference = image(test, i)[p] - image(train, k)[p];
                distance += difference * difference;
            }
            if (distance < closest) {
                closest = distance;
                label = train.labels()[k];
            }
        }
        wrong += label == test.labels()[i] ? 0 : 1;
    }
    return wrong / static_cast<double>(test.rows());
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_a_table_of_grey_images) {
    const Table table = data::make_digits(10, 1, Part::train);
    BOOST_TEST((table.shape() == core::Shape{28, 28}));
    BOOST_TEST(table.rows() == 10U);
    BOOST_TEST(table.outputs() == 10U);
    BOOST_TEST((table.description().element == data::Element::u8));
    std::vector<float> floats(pixels);
    table.gather(std::vector<std::uint32_t>{3}, floats.data(), pixels);
    for (std::size_t p = 0; p < pixels; ++p) {
        BOOST_TEST_REQUIRE(std::abs(floats[p] - static_cast<float>(image(table, 3)[p]) / 255.0F) < 1e-6F);
    }
}

BOOST_AUTO_TEST_CASE(shares_of_styles_sum_to_one_and_strokes_stay_in_their_box) {
    for (const auto& styles : data::digit_styles()) {
        BOOST_TEST_REQUIRE(styles.size() >= 3U);
        const double sum = std::accumulate(styles.begin(), styles.end(), 0.0,
                                           [](double total, const data::Style& style) { return total + style.share; });
        BOOST_TEST(std::abs(sum - 1) < 1e-9);
        for (const data::Style& style : styles) {
            for (const data::Stroke& stroke : style.strokes) {
                BOOST_TEST(stroke.size() >= 2U);
                for (const data::Knot& knot : stroke) {
                    BOOST_TEST((knot.x >= 0 && knot.x <= 1 && knot.y >= 0 && knot.y <= 1));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(items_depend_on_seed_part_and_index_alone) {
    const Table table = data::make_digits(40, 1, Part::train);
    BOOST_TEST(agree(table, data::make_digits(40, 1, Part::train)));
    BOOST_TEST(agree(table, data::make_digits(200, 1, Part::train)));
    BOOST_TEST(!agree(table, data::make_digits(40, 2, Part::train)));
    BOOST_TEST(!agree(table, data::make_digits(40, 1U + (std::uint64_t{1} << 32U), Part::train)));
    BOOST_TEST(!agree(table, data::make_digits(40, 1, Part::test)));
}

BOOST_AUTO_TEST_CASE(no_two_images_are_alike) {
    std::set<std::vector<std::uint8_t>> seen;
    for (const Part part : {Part::train, Part::test}) {
        const Table table = data::make_digits(500, 4, part);
        for (std::size_t i = 0; i < table.rows(); ++i) {
            seen.emplace(image(table, i).begin(), image(table, i).end());
        }
    }
    BOOST_TEST(seen.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(labels_are_evenly_drawn) {
    const Table table = data::make_digits(10'000, 2, Part::train);
    std::array<int, 10> counts{};
    for (const std::int32_t label : table.labels()) ++counts.at(static_cast<std::size_t>(label));
    double chi_squared = 0;
    for (const int n : counts) chi_squared += (n - 1000.0) * (n - 1000.0) / 1000.0;
    BOOST_TEST(chi_squared < 27.88);  // 99.9 % point, 9 degrees of freedom
}

BOOST_AUTO_TEST_CASE(ink_lies_in_the_middle_on_clean_paper) {
    const Table table = data::make_digits(2000, 3, Part::test);
    std::array<double, pixels> mean{};
    for (std::size_t i = 0; i < table.rows(); ++i) {
        int inked = 0;
        for (std::size_t p = 0; p < pixels; ++p) {
            mean.at(p) += image(table, i)[p] / 255.0 / static_cast<double>(table.rows());
            inked += image(table, i)[p] > 100 ? 1 : 0;
        }
        // A stroke of half a pixel's width along the height of a small digit, up to a very fat zero.
        BOOST_TEST_REQUIRE((inked >= 8 && inked <= 300), "image " << i << " has " << inked << " inked pixels");
    }
    const double overall = std::accumulate(mean.begin(), mean.end(), 0.0) / pixels;
    BOOST_TEST((overall > 0.08 && overall < 0.20));  // MNIST: 0.13
    double border = 0;
    double x = 0;
    double y = 0;
    for (std::size_t p = 0; p < pixels; ++p) {
        const std::size_t row = p / side;
        const std::size_t column = p % side;
        const bool outer = row == 0 || column == 0 || row == side - 1 || column == side - 1;
        if (outer) border = std::max(border, mean.at(p));
        x += static_cast<double>(column) * mean.at(p) / (overall * pixels);
        y += static_cast<double>(row) * mean.at(p) / (overall * pixels);
    }
    BOOST_TEST(border < 0.06);
    BOOST_TEST(std::abs(x - 13.5) < 1.0);
    BOOST_TEST(std::abs(y - 13.5) < 1.0);
}

BOOST_AUTO_TEST_CASE(digits_can_be_told_apart_but_not_by_heart) {
    const Table train = data::make_digits(2000, 6, Part::train);
    const Table test = data::make_digits(200, 6, Part::test);
    const double error = nearest_neighbour_error(train, test);
    BOOST_TEST_MESSAGE("nearest neighbour errs on " << error);
    BOOST_TEST((error > 0.01 && error < 0.30));
}

// The bytes may differ between instruction sets and mathematical libraries, the beginning of an item may not: labels
// are drawn before any rounding.
BOOST_AUTO_TEST_CASE(golden_labels) {
    const Table table = data::make_digits(12, 1, Part::train);
    std::vector<std::int32_t> expected;
    for (std::uint32_t i = 0; i < 12; ++i) {
        const auto word = core::philox({0, i, 0, 0}, {1, 0})[0];
        expected.push_back(static_cast<std::int32_t>(std::uint64_t{word} * 10 >> 32U));
    }
    BOOST_TEST(std::vector<std::int32_t>(table.labels().begin(), table.labels().end()) == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
