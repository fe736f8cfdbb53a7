#include "data/shift.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "data/generator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(shift_tests)

namespace {

using data::RowKind;
using data::Table;
using Floats = std::vector<float>;
using Rows = std::vector<std::uint32_t>;

/// Rows of normal numbers, of which column j of the last axis has mean 3 and deviation j + 1.
Table table_of(const core::Shape& shape, std::size_t rows, std::uint64_t seed = 2) {
    core::RandomStream random({.seed = seed});
    const std::size_t columns = shape[shape.rank() - 1];
    core::Buffer<float> values(rows * shape.elements());
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(3 + static_cast<double>(i % columns + 1) * random.normal());
    return {{.element = data::Element::f32, .shape = shape, .rows = rows, .outputs = 2},
            data::share(std::move(values)),
            data::share(core::Buffer<std::int32_t>(rows))};
}

Rows all_of(const Table& table) {
    Rows rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

Floats gathered(const Table& table, const Rows& rows) {
    Floats values(rows.size() * table.shape().elements());
    table.gather(rows, values.data(), table.shape().elements());
    return values;
}

/// The rows as that shift changes them, with a background of −2 and seed 5.
Floats shifted(const Table& table, std::string_view name, RowKind kind, double by, const Rows& rows) {
    const data::ShiftKind* found = data::find_shift(name, kind);
    BOOST_TEST_REQUIRE(found != nullptr);
    const data::ShiftedRows made(
        table, *found, by,
        {.deviations = data::deviations_of(table, all_of(table), kind), .background = -2, .seed = 5});
    const std::size_t width = table.shape().elements();
    Floats values(rows.size() * (width + 3), -7.0F);
    made.gather(rows, values.data(), width + 3);
    Floats tight;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = std::span(values).subspan(i * (width + 3), width + 3);
        BOOST_TEST_REQUIRE(std::ranges::all_of(row.last(3), [](float x) { return x == -7.0F; }));
        tight.insert(tight.end(), row.begin(), row.end() - 3);
    }
    return tight;
}

double mean_of(const Floats& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(const Floats& values) {
    const double mean = mean_of(values);
    double sum = 0;
    for (const float value : values) sum += (value - mean) * (value - mean);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_changes_by_zero) {
    const Table images = table_of({9, 8}, 7);
    const Table numbers = table_of({4}, 7);
    for (const data::ShiftKind& kind : data::shift_kinds()) {
        const Table& table = kind.rows == RowKind::image ? images : numbers;
        BOOST_TEST((shifted(table, kind.name, kind.rows, 0, all_of(table)) == gathered(table, all_of(table))),
                   kind.name);
    }
    BOOST_TEST(data::find_shift("rotate", RowKind::numbers) == nullptr);
    BOOST_TEST(data::find_shift("turn", RowKind::image) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_quarter_turn_is_a_transposition_and_a_mirror) {
    for (const core::Shape& shape : {core::Shape{7, 7}, core::Shape{6, 6, 3}}) {
        const std::size_t side = shape[0];
        const std::size_t channels = shape.rank() == 3 ? shape[2] : 1;
        const Table table = table_of(shape, 3);
        const Floats before = gathered(table, all_of(table));
        const Floats after = shifted(table, "rotate", RowKind::image, 90, all_of(table));
        // Clockwise: what was in column 0, from below to above, becomes the first row.
        double worst = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const std::size_t image = i / (side * side * channels);
            const std::size_t row = i / (side * channels) % side;
            const std::size_t column = i / channels % side;
            const std::size_t from = ((image * side + side - 1 - column) * side + row) * channels + i % channels;
            worst = std::max(worst, std::abs(double{after[i]} - double{before[from]}));
        }
        BOOST_TEST(worst < 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(corners_that_turn_in_show_the_background) {
    const Table table = table_of({15, 15}, 2);
    const Floats after = shifted(table, "rotate", RowKind::image, 45, all_of(table));
    BOOST_TEST(after.front() == -2.0F);
    BOOST_TEST(after[14] == -2.0F);
    BOOST_TEST(after[7 * 15 + 7] == gathered(table, all_of(table))[7 * 15 + 7], boost::test_tools::tolerance(1e-4F));
}

BOOST_AUTO_TEST_CASE(images_move_by_the_distance_in_directions_of_their_own) {
    // A single bright pixel: bilinear interpolation keeps its centre of mass and its sum.
    constexpr std::size_t side = 41;
    constexpr std::size_t images = 400;
    core::Buffer<float> values(images * side * side);
    for (std::size_t image = 0; image < images; ++image) values[image * side * side + side * side / 2] = 1;
    const Table table({.element = data::Element::f32, .shape = {side, side}, .rows = images, .outputs = 2},
                      data::share(std::move(values)), data::share(core::Buffer<std::int32_t>(images)));
    const data::ShiftedRows made(table, *data::find_shift("shift", RowKind::image), 6.5,
                                 {.deviations = {1}, .seed = 5});
    Floats after(images * side * side);
    made.gather(all_of(table), after.data(), side * side);
    double mean_down = 0;
    double mean_right = 0;
    for (std::size_t image = 0; image < images; ++image) {
        double down = 0;
        double right = 0;
        for (std::size_t i = 0; i < side * side; ++i) {
            const double pixel = double{after[image * side * side + i]};
            down += pixel * (static_cast<double>(i / side) - 20);
            right += pixel * (static_cast<double>(i % side) - 20);
        }
        BOOST_TEST(std::hypot(down, right) == 6.5, boost::test_tools::tolerance(1e-3));
        mean_down += down / images;
        mean_right += right / images;
    }
    // Of 400 directions that are uniform a mean has a deviation of 6.5 / √800.
    BOOST_TEST(std::abs(mean_down) < 4 * 6.5 / std::sqrt(800.0));
    BOOST_TEST(std::abs(mean_right) < 4 * 6.5 / std::sqrt(800.0));
}

BOOST_AUTO_TEST_CASE(noise_has_its_strength_and_does_not_depend_on_neighbours) {
    const Table table = table_of({3}, 4000);
    const Rows rows = all_of(table);
    const Floats before = gathered(table, rows);
    const Floats after = shifted(table, "noise", RowKind::numbers, 0.5, rows);
    for (std::size_t column = 0; column < 3; ++column) {
        Floats noise;
        Floats own;
        for (std::size_t i = column; i < after.size(); i += 3) {
            noise.push_back(after[i] - before[i]);
            own.push_back(before[i]);
        }
        // Of the deviation that the column has in these rows; 4000 draws of it are off by 1 / √8000 of it.
        const double expected = 0.5 * deviation_of(own);
        BOOST_TEST(std::abs(deviation_of(noise) / expected - 1) < 4 / std::sqrt(8000.0));
        BOOST_TEST(std::abs(mean_of(noise)) < 4 * expected / std::sqrt(4000.0));
    }
    // Row by row, and in another order: the same bits.
    for (const std::uint32_t row : {0U, 17U, 3999U}) {
        const Floats alone = shifted(table, "noise", RowKind::numbers, 0.5, {row});
        BOOST_TEST((alone == Floats(after.begin() + 3 * row, after.begin() + 3 * row + 3)));
    }
    const Floats turned = shifted(table, "noise", RowKind::numbers, 0.5, {8, 3});
    BOOST_TEST((Floats(turned.begin() + 3, turned.end()) == Floats(after.begin() + 9, after.begin() + 12)));
    // Twice as strong is the same noise, twice.
    const Floats twice = shifted(table, "noise", RowKind::numbers, 1, rows);
    for (std::size_t i = 0; i < 30; ++i)
        BOOST_TEST(std::abs((twice[i] - before[i]) - 2 * (after[i] - before[i])) < 1e-4);
}

BOOST_AUTO_TEST_CASE(pixels_share_one_deviation_and_features_have_their_own) {
    const Table images = table_of({5, 2}, 3000);
    const Floats of_images = data::deviations_of(images, all_of(images), RowKind::image);
    BOOST_TEST_REQUIRE(of_images.size() == 1U);
    BOOST_TEST(double{of_images.front()} == std::sqrt(2.5), boost::test_tools::tolerance(0.03));
    const Floats of_steps = data::deviations_of(images, all_of(images), RowKind::numbers);
    BOOST_TEST_REQUIRE(of_steps.size() == 2U);
    BOOST_TEST(double{of_steps[1]} == 2.0, boost::test_tools::tolerance(0.03));

    const Table table = table_of({2}, 500);
    const Floats own = data::deviations_of(table, all_of(table), RowKind::numbers);
    const Floats before = gathered(table, all_of(table));
    const Floats after = shifted(table, "shift", RowKind::numbers, -1.5, all_of(table));
    for (std::size_t i = 0; i < 20; ++i)
        BOOST_TEST(double{after[i]} == double{before[i]} - 1.5 * double{own[i % 2]},
                   boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(a_shift_goes_no_further_than_it_may) {
    const Table table = table_of({5, 5}, 2);
    const data::ShiftKind& kind = *data::find_shift("rotate", RowKind::image);
    BOOST_CHECK_THROW(data::ShiftedRows(table, kind, 181, {.deviations = {1}}), core::ContractViolation);
    BOOST_CHECK_THROW(data::ShiftedRows(table, kind, 18, {.deviations = {}}), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
