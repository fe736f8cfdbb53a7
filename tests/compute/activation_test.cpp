#include "compute/activation.hpp"

#include <array>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(activation_tests)

using compute::Activation;
using compute::Needs;

namespace {

constexpr std::array all{Activation::sigmoid, Activation::tanh, Activation::relu, Activation::leaky_relu,
                         Activation::elu,     Activation::gelu, Activation::silu, Activation::softplus};

/// The definitions, in double precision.
double exact(Activation activation, double x) {
    switch (activation) {
        case Activation::sigmoid:
            return 1 / (1 + std::exp(-x));
        case Activation::tanh:
            return std::tanh(x);
        case Activation::relu:
            return std::max(x, 0.0);
        case Activation::leaky_relu:
            return x < 0 ? 0.01 * x : x;
        case Activation::elu:
            return x < 0 ? std::expm1(x) : x;
        case Activation::gelu:
            return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
        case Activation::silu:
            return x / (1 + std::exp(-x));
        case Activation::softplus:
            return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    }
    return 0;
}

double exact_derivative(Activation activation, double x) {
    constexpr double h = 1e-5;
    return (exact(activation, x + h) - exact(activation, x - h)) / (2 * h);
}

/// Odd length, so that the last elements do not fill a vector register; no point at 0, where some have a kink.
std::vector<float> points() {
    std::vector<float> x;
    for (float at = -12.05F; at < 12; at += 0.1F) x.push_back(at);
    if (x.size() % 2 == 0) x.pop_back();
    return x;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_agree_with_the_definitions) {
    for (const Activation activation : all) {
        const auto x = points();
        auto y = x;
        compute::activate(activation, y);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double expected = exact(activation, x[i]);
            BOOST_TEST_REQUIRE(std::abs(y[i] - expected) < 1e-6 + 2e-6 * std::abs(expected),
                               "activation " << int(activation) << " at " << x[i] << ": " << y[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(derivatives_agree_with_differences) {
    for (const Activation activation : all) {
        const auto x = points();
        auto y = x;
        compute::activate(activation, y);
        std::vector<float> gradient(x.size(), 2.0F);
        compute::activate_backward(activation, compute::derivative_needs(activation) == Needs::input ? x : y, gradient);
        for (std::size_t i = 0; i < x.size(); ++i) {
            BOOST_TEST_REQUIRE(std::abs(gradient[i] - 2 * exact_derivative(activation, x[i])) < 2e-5,
                               "activation " << int(activation) << " at " << x[i] << ": " << gradient[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(extremes_stay_finite) {
    for (const Activation activation : all) {
        std::vector<float> y{-1e4F, -100.0F, 0.0F, 100.0F, 1e4F};
        const auto x = y;
        compute::activate(activation, y);
        for (std::size_t i = 0; i < y.size(); ++i) {
            BOOST_TEST(std::isfinite(y[i]));
            BOOST_TEST(std::abs(y[i] - exact(activation, x[i])) <= 1e-6 * std::abs(x[i]) + 1e-6);
        }
        std::vector<float> gradient(y.size(), 1.0F);
        compute::activate_backward(activation, compute::derivative_needs(activation) == Needs::input ? x : y, gradient);
        for (const float g : gradient) BOOST_TEST(std::isfinite(g));
    }
}

BOOST_AUTO_TEST_CASE(not_a_number_is_not_hidden) {
    for (const Activation activation : all) {
        // Longer than the widest registers, so that both vectors and what is left over are met.
        for (std::size_t place = 0; place < 37; ++place) {
            std::vector<float> y(37, 0.5F);
            y[place] = std::nanf("");
            compute::activate(activation, y);
            for (std::size_t i = 0; i < y.size(); ++i) {
                BOOST_TEST(std::isnan(y[i]) == (i == place), "activation " << int(activation) << " at " << i);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
