#include "data/made_rows.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "data/generator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(made_rows_tests)

namespace {

using Floats = std::vector<float>;
using Rows = std::vector<std::uint32_t>;

Floats gathered(const data::RowMaker& maker, const Rows& rows, std::size_t width) {
    Floats values(rows.size() * (width + 1), -7.0F);
    maker.gather(rows, values.data(), width + 1);
    Floats tight;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = std::span(values).subspan(i * (width + 1), width + 1);
        BOOST_TEST_REQUIRE(row.back() == -7.0F);
        tight.insert(tight.end(), row.begin(), row.end() - 1);
    }
    return tight;
}

/// Feature j of row i is 10 i + j.
data::Table numbered(std::size_t rows, std::size_t width) {
    core::Buffer<float> values(rows * width);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i / width * 10 + i % width);
    return {{.element = data::Element::f32, .shape = {width}, .rows = rows, .outputs = 2},
            data::share(std::move(values)),
            data::share(core::Buffer<std::int32_t>(rows))};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_grid_has_the_centres_of_its_cells) {
    const data::GridRows grid({.x_low = -1, .x_high = 3, .y_low = 10, .y_high = 16, .columns = 4, .rows = 2});
    BOOST_TEST((gathered(grid, {0, 1, 3, 4, 7}, 2) ==
                Floats{-0.5F, 11.5F, 0.5F, 11.5F, 2.5F, 11.5F, -0.5F, 14.5F, 2.5F, 14.5F}));
    BOOST_CHECK_THROW(gathered(grid, {8}, 2), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(rows_of_another_table_are_its_own) {
    const data::Table table = numbered(5, 3);
    BOOST_TEST((gathered(data::ForeignRows(table), {4, 0}, 3) == Floats{40, 41, 42, 0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(a_column_is_handed_out_anew_as_a_whole_and_others_stay) {
    constexpr std::size_t width = 5;
    const data::Table table = numbered(40, width);
    Rows chosen;
    for (std::uint32_t i = 0; i < 40; i += 2) chosen.push_back(i);
    const std::vector<std::size_t> columns{1, 3, 1};  // the second is spread over three features
    constexpr std::size_t repeats = 4;
    const data::ShuffledRows shuffled(table, chosen, columns, repeats, 9);
    BOOST_TEST_REQUIRE(shuffled.count() == columns.size() * repeats * chosen.size());
    Rows all(shuffled.count());
    std::iota(all.begin(), all.end(), 0U);
    const Floats values = gathered(shuffled, all, width);
    const std::vector<std::pair<std::size_t, std::size_t>> features{{0, 1}, {1, 4}, {4, 5}};
    std::set<std::vector<std::uint32_t>> orders;
    for (std::size_t order = 0; order < columns.size() * repeats; ++order) {
        const auto [begin, end] = features[order / repeats];
        std::vector<std::uint32_t> from;
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const auto row = std::span(values).subspan((order * chosen.size() + i) * width, width);
            from.push_back(static_cast<std::uint32_t>(row[begin]) / 10);
            for (std::size_t j = 0; j < width; ++j) {
                const std::uint32_t expected = j >= begin && j < end ? from.back() : chosen[i];
                BOOST_TEST_REQUIRE(row[j] == static_cast<float>(10 * expected + j));
            }
        }
        BOOST_TEST(orders.insert(from).second);  // every order is another one
        std::ranges::sort(from);
        BOOST_TEST((from == chosen));  // and each value is handed out once
    }
    // Whichever rows are asked for together.
    const Floats two = gathered(shuffled, {all.back(), 7}, width);
    BOOST_TEST(std::ranges::equal(std::span(two).first(width), std::span(values).last(width)));
    BOOST_TEST(std::ranges::equal(std::span(two).last(width), std::span(values).subspan(7 * width, width)));
    // By the seed.
    BOOST_TEST((gathered(data::ShuffledRows(table, chosen, columns, repeats, 9), all, width) == values));
    BOOST_TEST((gathered(data::ShuffledRows(table, chosen, columns, repeats, 8), all, width) != values));
    BOOST_CHECK_THROW(data::ShuffledRows(table, chosen, {1, 3}, repeats, 9), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(every_row_gets_the_value_of_every_other_as_often) {
    const data::Table table = numbered(6, 1);
    Rows rows(6);
    std::iota(rows.begin(), rows.end(), 0U);
    constexpr std::size_t repeats = 3000;
    const data::ShuffledRows shuffled(table, rows, {1}, repeats, 3);
    Rows all(shuffled.count());
    std::iota(all.begin(), all.end(), 0U);
    const Floats values = gathered(shuffled, all, 1);
    std::map<std::pair<std::size_t, float>, std::size_t> counts;
    for (std::size_t i = 0; i < values.size(); ++i) ++counts[{i % 6, values[i]}];
    // Expected 500 each, with a deviation of √(3000 · 1/6 · 5/6) = 20.4.
    BOOST_TEST(counts.size() == 36U);
    for (const auto& [what, count] : counts) BOOST_TEST((count > 400 && count < 600));
}

BOOST_AUTO_TEST_SUITE_END()
