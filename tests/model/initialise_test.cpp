#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/network.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(initialise_tests)

using model::Initialiser;

namespace {

const model::Network& network() {
    static const model::Network made("dense(300)", {400}, 10);
    return made;
}

std::vector<float> draw(Initialiser how, std::uint64_t seed = 1, std::uint32_t member = 0) {
    std::vector<float> parameters(network().buffer_size(), 9.0F);
    model::initialise(network(), how, seed, member, parameters);
    return parameters;
}

struct Moments {
    double mean = 0;
    double variance = 0;
    double largest = 0;
    double count = 0;
};

Moments moments(const std::vector<float>& parameters, const model::ParameterBlock& block) {
    Moments result;
    result.count = static_cast<double>(block.rows * block.columns);
    for (std::size_t row = 0; row < block.rows; ++row) {
        for (std::size_t column = 0; column < block.columns; ++column) {
            const double x = parameters[block.offset + row * block.stride + column];
            result.mean += x / result.count;
            result.variance += x * x / result.count;
            result.largest = std::max(result.largest, std::abs(x));
        }
    }
    return result;
}

void check_variance(Initialiser how, double variance, double fourth_moment) {
    const auto parameters = draw(how);
    const Moments seen = moments(parameters, network().blocks()[0]);
    BOOST_TEST(std::abs(seen.mean) < 4 * std::sqrt(variance / seen.count));
    BOOST_TEST(std::abs(seen.variance / variance - 1) < 4 * std::sqrt((fourth_moment - 1) / seen.count));
}

}  // namespace

BOOST_AUTO_TEST_CASE(he_has_variance_two_over_fan_in) {
    check_variance(Initialiser::he, 2.0 / 400, 3);
}

BOOST_AUTO_TEST_CASE(xavier_is_uniform_with_variance_two_over_both_fans) {
    check_variance(Initialiser::xavier, 2.0 / 700, 1.8);
    const double limit = std::sqrt(6.0 / 700);
    const Moments seen = moments(draw(Initialiser::xavier), network().blocks()[0]);
    BOOST_TEST(seen.largest <= limit);
    BOOST_TEST(seen.largest > 0.999 * limit);
}

BOOST_AUTO_TEST_CASE(fans_of_windows_and_gates) {
    const auto variance_of = [](const std::string& net, const core::Shape& input, Initialiser how) {
        const model::Network made(net, input, 10);
        std::vector<float> parameters(made.buffer_size());
        model::initialise(made, how, 1, 0, parameters);
        // The weight that takes the input; recurrent ones are orthogonal.
        const auto weight = std::ranges::find_if(made.blocks(), [](const auto& block) { return block.fan_in > 30; });
        return moments(parameters, *weight).variance;
    };
    const auto near = boost::test_tools::tolerance(0.1);  // three times what chance does to 2,000 weights
    // A window of 3×3 over 16 channels feeds a unit; it feeds a window of 3×3 over 64.
    BOOST_TEST(variance_of("conv(64, 3)", {8, 8, 16}, Initialiser::he) == 2.0 / (9 * 16), near);
    BOOST_TEST(variance_of("conv(64, 3)", {8, 8, 16}, Initialiser::xavier) == 2.0 / (9 * (16 + 64)), near);
    // The gates of a cell are one layer, and so are the pieces of maxout.
    BOOST_TEST(variance_of("gru(30)", {5, 40}, Initialiser::he) == 2.0 / 40, near);
    BOOST_TEST(variance_of("gru(30)", {5, 40}, Initialiser::xavier) == 2.0 / (40 + 90), near);
    // Every column is a layer of its own.
    BOOST_TEST(variance_of("columns(60, 31, 5)", {36}, Initialiser::he) == 2.0 / 31, near);
    BOOST_TEST(variance_of("maxout(40, 3)", {31}, Initialiser::xavier) == 2.0 / (31 + 120), near);
}

BOOST_AUTO_TEST_CASE(normal_is_standard_in_weights_and_biases) {
    check_variance(Initialiser::normal, 1, 3);
    const Moments bias = moments(draw(Initialiser::normal), network().blocks()[1]);
    BOOST_TEST(std::abs(bias.variance - 1) < 4 * std::sqrt(2 / bias.count));
}

BOOST_AUTO_TEST_CASE(machines_begin_small_and_the_output_layer_as_xavier) {
    check_variance(Initialiser::rbm, 1e-4, 3);
    const auto& output = network().blocks()[2];
    const double limit = std::sqrt(6.0 / 310);
    const Moments seen = moments(draw(Initialiser::rbm), output);
    BOOST_TEST(seen.largest <= limit);
    BOOST_TEST(seen.largest > 0.99 * limit);
    BOOST_TEST(std::abs(seen.variance / (2.0 / 310) - 1) < 4 * std::sqrt(0.8 / seen.count));
}

BOOST_AUTO_TEST_CASE(zeros_and_biases_are_zero_and_so_is_padding) {
    for (const float value : draw(Initialiser::zeros)) BOOST_TEST_REQUIRE(value == 0.0F);
    for (const Initialiser how : {Initialiser::he, Initialiser::xavier, Initialiser::rbm}) {
        BOOST_TEST(moments(draw(how), network().blocks()[1]).largest == 0);
    }
    const auto parameters = draw(Initialiser::normal);
    const auto& block = network().blocks()[0];
    BOOST_TEST_REQUIRE(block.stride > block.columns);
    for (std::size_t row = 0; row < block.rows; ++row) {
        for (std::size_t column = block.columns; column < block.stride; ++column) {
            BOOST_TEST_REQUIRE(parameters[block.offset + row * block.stride + column] == 0.0F);
        }
    }
}

BOOST_AUTO_TEST_CASE(members_and_seeds_differ_and_repeat) {
    BOOST_TEST((draw(Initialiser::he, 1, 0) == draw(Initialiser::he, 1, 0)));
    BOOST_TEST((draw(Initialiser::he, 1, 0) != draw(Initialiser::he, 1, 1)));
    BOOST_TEST((draw(Initialiser::he, 1, 0) != draw(Initialiser::he, 2, 0)));
}

BOOST_AUTO_TEST_SUITE_END()
