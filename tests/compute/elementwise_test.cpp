#include "compute/elementwise.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/activation.hpp"
#include "compute/gather.hpp"
#include "compute/update.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(elementwise_tests)

namespace {

using Values = std::vector<float>;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

const Values a{1, -2, 3, 0.5F, -4};
const Values b{-3, 5, 0.25F, 2, 8};

template <class Change>
Values changed(Values values, Change change) {
    change(values);
    return values;
}

}  // namespace

// Numbers are such that every result is exact.
BOOST_AUTO_TEST_CASE(each_follows_its_formula) {
    BOOST_TEST(changed(b, [](Values& to) { compute::add(a, to.data()); }) == (Values{-2, 3, 3.25F, 2.5F, 4}));
    BOOST_TEST(changed(Values(5), [](Values& to) { compute::sum(a, b.data(), to.data()); }) ==
               (Values{-2, 3, 3.25F, 2.5F, 4}));
    BOOST_TEST(changed(a, [](Values& to) {
                   compute::step_by_sign(Values{-1e-30F, 1e30F, 0, -0.0F, nan}, Values(5, 2).data(), to.data());
               }) == (Values{-1, 0, 3, 0.5F, -4}));
    BOOST_TEST(changed(b, [](Values& to) { compute::add_and_rectify(a, to.data()); }) ==
               (Values{0, 3, 3.25F, 2.5F, 4}));
    BOOST_TEST(changed(b, [](Values& to) { compute::subtract_from(a, to.data()); }) ==
               (Values{4, -7, 2.75F, -1.5F, -12}));
    BOOST_TEST(changed(a, [](Values& values) { compute::multiply(values, b.data()); }) ==
               (Values{-3, -10, 0.75F, 1, -32}));
    BOOST_TEST(changed(b, [](Values& sums) { compute::add_squares(a, sums.data()); }) ==
               (Values{-2, 9, 9.25F, 2.25F, 24}));
    BOOST_TEST(changed(b, [](Values& mean) { compute::blend(a, 0.5F, mean); }) == (Values{-1, 1.5F, 1.625F, 1.25F, 2}));
    BOOST_TEST(compute::plus_squares(2, a) == 32.25);
    BOOST_TEST(compute::squared_distance(a, b.data()) == 16 + 49 + 7.5625F + 2.25F + 144);
}

BOOST_AUTO_TEST_CASE(a_mean_of_another_size_is_refused) {
    Values mean(4);
    BOOST_CHECK_THROW(compute::blend(a, 0.5F, mean), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number_stays_visible) {
    const Values bad{1, nan, -1};
    const Values rectified = changed({-2, 0, nan}, [&](Values& to) { compute::add_and_rectify(bad, to.data()); });
    BOOST_TEST(rectified[0] == 0);
    BOOST_TEST(std::isnan(rectified[1]));
    BOOST_TEST(std::isnan(rectified[2]));
    Values largest{5, 5, -3};
    std::vector<std::uint8_t> pieces(3);
    compute::take_larger(bad, 2, largest.data(), pieces.data());
    BOOST_TEST(largest[0] == 5);
    BOOST_TEST(std::isnan(largest[1]));
    BOOST_TEST(largest[2] == -1);
    BOOST_TEST((pieces == std::vector<std::uint8_t>{0, 2, 2}));
    BOOST_TEST(changed(Values(3, 9), [&](Values& to) {
                   compute::take_where(std::span(a).first(3), pieces.data(), 2, to.data());
               }) == (Values{0, -2, 3}));
}

BOOST_AUTO_TEST_CASE(rows_are_gathered_in_the_order_asked_for) {
    const std::vector<std::uint8_t> stored{0, 10, 20, 30, 40, 50};
    const std::vector<std::uint32_t> chosen{2, 0, 2};
    Values out(9, -1);
    compute::gather(std::span(chosen), stored.data(), 2, 0.5F, 1.0F, out.data(), 3);
    BOOST_TEST(out == (Values{21, 26, -1, 1, 6, -1, 21, 26, -1}));
}

BOOST_AUTO_TEST_CASE(ascending_is_momentum_up_the_gradient) {
    Values w{1, 2};
    Values m{0.5F, -1};
    const Values g{4, 8};
    compute::update_ascending({.parameters = w, .gradients = g, .first_moment = m, .second_moment = {}}, 0.25F, 0.5F,
                              0.5F);
    BOOST_TEST(m == (Values{0.75F, 0.5F}));
    BOOST_TEST(w == (Values{1.75F, 2.5F}));
}

// Widths around those of packs: what lies between the rows stays, and every sum is taken in the order of the rows.
BOOST_AUTO_TEST_CASE(rows_of_every_width) {
    for (std::size_t width = 1; width <= 150; ++width) {
        const std::size_t stride = width + 3;
        constexpr std::size_t count = 5;
        Values values(count * stride, -7);
        for (std::size_t i = 0; i < values.size(); ++i)
            if (i % stride < width) values[i] = std::sin(static_cast<float>(i)) * 3;
        const compute::Rows rows{values.data(), count, width, stride};
        Values sums(width, 0.1F);
        Values expected = sums;
        Values fresh(width, nan);
        Values expected_fresh(width);
        for (std::size_t row = 0; row < count; ++row) {
            for (std::size_t i = 0; i < width; ++i) {
                expected[i] += rows[row][i];
                expected_fresh[i] = row == 0 ? rows[row][i] : expected_fresh[i] + rows[row][i];
            }
        }
        compute::add_up_rows(rows, compute::Accumulate::yes, sums);
        compute::add_up_rows(rows, compute::Accumulate::no, fresh);
        BOOST_TEST((sums == expected));
        BOOST_TEST((fresh == expected_fresh));

        Values known = values;
        Values rectified = values;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i % stride >= width) continue;
            known[i] += sums[i % stride];
            rectified[i] = known[i] < 0 ? 0 : known[i];
        }
        compute::add_to_rows(sums, rows);
        BOOST_TEST((values == known));
        compute::activate(compute::Activation::relu, rows);
        BOOST_TEST((values == rectified));
        Values gradient(values.size(), 2);
        compute::activate_backward(compute::Activation::relu, rows, {gradient.data(), count, width, stride});
        for (std::size_t i = 0; i < values.size(); ++i) known[i] = i % stride < width && values[i] <= 0 ? 0 : 2;
        BOOST_TEST((gradient == known));
    }
}

BOOST_AUTO_TEST_SUITE_END()
