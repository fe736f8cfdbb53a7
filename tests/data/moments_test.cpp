#include "data/moments.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/generator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(moments_tests)

namespace {

/// Of one feature, or of groups.
template <class Stored>
data::Moments moments(const std::vector<Stored>& values, const std::vector<std::size_t>& group = {0}) {
    const std::size_t rows = values.size() / group.size();
    const data::Table table({.element = sizeof(Stored) == 4 ? data::Element::f32 : data::Element::f64,
                             .shape = {group.size()},
                             .rows = rows,
                             .outputs = 2},
                            data::share(core::Buffer<Stored>(values.begin(), values.end())),
                            data::share(core::Buffer<std::int32_t>(rows, 1)));
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0U);
    return data::measure(table, all, group);
}

constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_that_differ_by_rounding_do_not_vary) {
    const auto varies = [](auto values) { return moments(values).deviation[0] > 0; };
    using Doubles = std::vector<double>;
    using Floats = std::vector<float>;
    BOOST_TEST(!varies(Doubles{14.62, 14.620000000000001, 14.619999999999999}));
    BOOST_TEST(!varies(Doubles{0.1 + 0.2, 0.3, 0.3}));
    BOOST_TEST(!varies(Doubles{-1e200, -1e200 * (1 + 1e-16), -1.0000000000000002e200}));
    BOOST_TEST(!varies(Doubles{1e-200, 1.0000000000000002e-200}));
    BOOST_TEST(!varies(Floats{14.62F, 14.620001F, 14.62F}));
    BOOST_TEST(!varies(Doubles{0, 0, 0}));
    // Whole numbers stay apart as long as they can: times in ns, days written as 20240131 in single precision.
    BOOST_TEST(varies(Doubles{1.7e15, 1.7e15 + 9, 1.7e15 + 18}));
    BOOST_TEST(varies(Floats{20240102, 20240116, 20240130}));
    BOOST_TEST(varies(Doubles{1, 1 + 1e-9}));
    BOOST_TEST(varies(Doubles{smallest, 3 * smallest}));
    BOOST_TEST(varies(Doubles{-1e-17, 1e-17}));
    std::vector<double> many(100'000, 1.7e12);
    for (std::size_t i = 0; i < many.size(); i += 2) ++many[i];
    BOOST_TEST(varies(many));
}

BOOST_AUTO_TEST_CASE(whole_numbers_vary_as_long_as_their_element_keeps_them_apart) {
    const auto cycle = [](auto base, std::size_t rows, std::size_t length) {
        std::vector<decltype(base)> values(rows, base);
        for (std::size_t i = 0; i < rows; ++i) values[i] += static_cast<decltype(base)>(i % length);
        return moments(values);
    };
    BOOST_TEST(cycle(1e7F, 400, 3).deviation[0] > 0.8);
    BOOST_TEST(cycle(1e13, 3000, 3).deviation[0] > 0.8);
    BOOST_TEST(cycle(1.7e15, 2000, 1000).deviation[0] > 288);  // times in µs within a second
    const data::Moments far = moments(std::vector<double>{0x1p60, 0x1p60 + 256, 0x1p60});  // every number is whole here
    BOOST_TEST(far.rounded[0]);
    const data::Moments thirds = cycle(1e13 / 3, 400, 1);
    BOOST_TEST(thirds.deviation[0] == 0);
    BOOST_TEST(!thirds.rounded[0]);  // they are equal
    const data::Moments sums = moments(std::vector<double>{0.1 + 0.2, 0.3, 0.3});
    BOOST_TEST(sums.rounded[0]);
}

BOOST_AUTO_TEST_CASE(groups_that_differ_by_rounding_do_not_vary) {
    // Two channels, the first of which holds one number.
    const data::Moments each = moments<double>({0.7, 1, 0.7000000000000001, 2, 0.7, 3, 0.7, 5}, {0, 1});
    BOOST_TEST(each.deviation[0] == 0);
    BOOST_TEST(each.deviation[1] > 1);
    BOOST_TEST(moments<double>({0.7, 0.7000000000000001, 0.7, 0.7}, {0, 0}).deviation[0] == 0);
}

BOOST_AUTO_TEST_CASE(squares_that_leave_the_range_are_taken_in_other_units) {
    for (const double scale : {1e200, 1e-200, 1e300, 1e-320, largest / 4, -1e160, 1e154}) {
        const data::Moments found = moments<double>({0, 2 * scale, 0, 2 * scale});
        BOOST_TEST(!found.plain());
        BOOST_TEST(found.mean[0] / found.unit[0] == scale);
        BOOST_TEST(std::abs(found.deviation[0] - std::abs(found.mean[0])) <= 1e-15 * found.deviation[0]);
    }
    const data::Moments wide = moments<double>({largest, -largest, largest, -largest});
    BOOST_TEST(wide.mean[0] == 0);
    BOOST_TEST(wide.deviation[0] / wide.unit[0] == largest);
    // What needs no unit is left as it is, and so is its neighbour.
    BOOST_TEST(moments<double>({1, 3, 1e100, 3e100}).plain());
    const data::Moments both = moments<double>({1, 1e200, 3, 3e200}, {0, 1});
    BOOST_TEST(both.unit[0] == 1);
    BOOST_TEST(both.mean[0] == 2);
    BOOST_TEST(both.deviation[0] == 1);
}

BOOST_AUTO_TEST_SUITE_END()
