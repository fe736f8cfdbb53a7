#include "data/planar.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(planar_tests)

namespace {

using data::Part;
using data::Table;
using std::numbers::pi;

std::vector<float> all_features(const Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<float> out(rows.size() * 2);
    table.gather(rows, out.data(), 2);
    return out;
}

/// True if the shorter table is the beginning of the longer one.
bool agree(const Table& a, const Table& b) {
    const auto shorter = std::min(a.feature_bytes().size(), b.feature_bytes().size());
    return std::ranges::equal(a.feature_bytes().first(shorter), b.feature_bytes().first(shorter));
}

}  // namespace

BOOST_AUTO_TEST_CASE(xor_is_its_truth_table) {
    const Table table = data::make_xor();
    BOOST_TEST(table.rows() == 4U);
    BOOST_TEST(table.outputs() == 2U);
    const std::vector<float> x = all_features(table);
    for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST(x[2 * i] == static_cast<float>(i / 2));
        BOOST_TEST(x[2 * i + 1] == static_cast<float>(i % 2));
        BOOST_TEST(table.labels()[i] == (x[2 * i] != x[2 * i + 1] ? 1 : 0));
    }
}

BOOST_AUTO_TEST_CASE(moons_without_noise_lie_on_their_half_circles) {
    const Table table = data::make_moons(500, 0, 3, Part::train);
    const std::vector<float> x = all_features(table);
    for (std::size_t i = 0; i < table.rows(); ++i) {
        const bool lower = table.labels()[i] == 1;
        const float dx = x[2 * i] - (lower ? 1.0F : 0.0F);
        const float dy = x[2 * i + 1] - (lower ? 0.5F : 0.0F);
        BOOST_TEST_REQUIRE(std::abs(std::hypot(dx, dy) - 1) < 1e-5F);
        BOOST_TEST_REQUIRE((lower ? dy <= 1e-5F : dy >= -1e-5F));
    }
}

BOOST_AUTO_TEST_CASE(spirals_without_noise_lie_on_their_arms) {
    const Table table = data::make_spirals(500, 0, 3, Part::test);
    const std::vector<float> x = all_features(table);
    for (std::size_t i = 0; i < table.rows(); ++i) {
        const double radius = std::hypot(x[2 * i], x[2 * i + 1]);
        const double turn = (radius - 0.1) / 0.9 * 3 * pi + pi * table.labels()[i];
        BOOST_TEST_REQUIRE(std::abs(x[2 * i] - radius * std::cos(turn)) < 1e-5);
        BOOST_TEST_REQUIRE(std::abs(x[2 * i + 1] - radius * std::sin(turn)) < 1e-5);
        BOOST_TEST_REQUIRE((radius >= 0.0999 && radius <= 1.0001));
    }
}

BOOST_AUTO_TEST_CASE(noise_has_the_deviation_asked_for) {
    constexpr std::size_t rows = 20'000;
    const std::vector<float> clean = all_features(data::make_moons(rows, 0, 5, Part::train));
    const std::vector<float> noisy = all_features(data::make_moons(rows, 0.3, 5, Part::train));
    double squares = 0;
    for (std::size_t i = 0; i < 2 * rows; ++i) squares += std::pow(noisy[i] - clean[i], 2);
    const double variance = squares / (2 * rows);
    BOOST_TEST(std::abs(variance / 0.09 - 1) < 4 * std::sqrt(2.0 / (2 * rows)));  // four standard errors
}

BOOST_AUTO_TEST_CASE(both_classes_are_equally_likely) {
    constexpr std::size_t rows = 20'000;
    const Table table = data::make_spirals(rows, 0.1, 8, Part::train);
    const auto ones = static_cast<double>(std::ranges::count(table.labels(), 1));
    BOOST_TEST(std::abs(ones - rows / 2.0) < 4 * std::sqrt(rows / 4.0));
}

BOOST_AUTO_TEST_CASE(items_depend_on_seed_part_and_index_alone) {
    const Table moons = data::make_moons(100, 0.2, 1, Part::train);
    BOOST_TEST(agree(moons, data::make_moons(333, 0.2, 1, Part::train)));
    BOOST_TEST(!agree(moons, data::make_moons(100, 0.2, 2, Part::train)));
    BOOST_TEST(!agree(moons, data::make_moons(100, 0.2, 1, Part::test)));
    const Table spirals = data::make_spirals(100, 0.2, 1, Part::train);
    BOOST_TEST(agree(spirals, data::make_spirals(333, 0.2, 1, Part::train)));
    BOOST_TEST(!agree(spirals, data::make_spirals(100, 0.2, 2, Part::train)));
    BOOST_TEST(!agree(spirals, data::make_spirals(100, 0.2, 1, Part::test)));
}

BOOST_AUTO_TEST_SUITE_END()
