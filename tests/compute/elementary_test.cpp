#include "compute/elementary.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/cell.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(elementary_tests)

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

double relative(float value, double exact) {
    return std::abs(double(value) - exact) / std::abs(exact);
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_agree_with_the_standard_library) {
    double of_exponential = 0;
    double of_logistic = 0;
    double of_tangent = 0;
    for (float x = -86.9F; x < 87.9F; x += 0.00173F) {
        const double exact = x;
        of_exponential = std::max(of_exponential, relative(compute::exponential(x), std::exp(exact)));
        of_logistic = std::max(of_logistic, relative(compute::logistic(x), 1 / (1 + std::exp(-exact))));
        of_tangent = std::max(of_tangent, relative(compute::hyperbolic_tangent(x), std::tanh(exact)));
    }
    for (float x = 1e-30F; x < 20; x *= 1.01F)
        of_tangent = std::max(of_tangent, relative(compute::hyperbolic_tangent(-x), std::tanh(-double(x))));
    BOOST_TEST(of_exponential < 2e-7);
    BOOST_TEST(of_logistic < 3e-7);
    BOOST_TEST(of_tangent < 5e-7);
    BOOST_TEST(compute::exponential(0) == 1);
    BOOST_TEST(compute::hyperbolic_tangent(0) == 0);
}

BOOST_AUTO_TEST_CASE(ends_of_the_range) {
    BOOST_TEST(compute::logistic(infinity) == 1);
    BOOST_TEST(compute::logistic(-infinity) < 1e-37);
    BOOST_TEST(relative(compute::hyperbolic_tangent(infinity), 1) < 2e-7);
    BOOST_TEST(relative(compute::hyperbolic_tangent(-infinity), -1) < 2e-7);
    BOOST_TEST(std::isnan(compute::exponential(not_a_number)));
    BOOST_TEST(std::isnan(compute::logistic(not_a_number)));
    BOOST_TEST(std::isnan(compute::hyperbolic_tangent(not_a_number)));
}

BOOST_AUTO_TEST_CASE(cells_keep_a_nan_where_it_is) {
    using compute::Cell;
    constexpr std::size_t units = 19;  // more than one vector register, and a rest
    for (const Cell cell : {Cell::rnn, Cell::lstm, Cell::gru}) {
        const std::size_t columns = compute::gates_of(cell) * units;
        const std::vector<float> bias(columns, 0.1F);
        for (std::size_t gate = 0; gate < compute::gates_of(cell); ++gate) {
            for (const std::size_t unit : {std::size_t{0}, std::size_t{9}, units - 1}) {
                std::vector<float> gates(columns, 0.3F);
                std::vector<float> before(units, 0.5F);
                std::vector<float> after(units);
                std::vector<float> c_before(units, 0.5F);
                std::vector<float> c_after(units);
                gates[gate * units + unit] = not_a_number;
                const auto row = [](std::vector<float>& values) -> compute::Rows {
                    return {values.data(), 1, values.size(), values.size()};
                };
                compute::cell_forward(cell, bias.data(),
                                      {row(gates), row(before), row(after), row(c_before), row(c_after)});
                for (std::size_t i = 0; i < units; ++i) BOOST_TEST(std::isnan(after[i]) == (i == unit));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
