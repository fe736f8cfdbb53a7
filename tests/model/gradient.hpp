#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/random.hpp"
#include "model/program.hpp"

namespace testing {

using model::Mode;
using model::Network;
using model::Program;

inline constexpr std::size_t rows = 6;
inline constexpr std::size_t inputs = 5;
inline constexpr std::size_t outputs = 3;

/// One network with everything needed to run it, and a loss whose derivative is known: the sum of outputs times fixed
/// factors.
struct Bench {
    Network network;
    Program program;
    core::Buffer<float> parameters;
    core::Buffer<float> gradients;
    std::vector<double> factors;

    std::vector<float> statistics;

    explicit Bench(const std::string& text, std::size_t batch = rows, const core::Shape& input = {inputs})
        : network(text, input, outputs, model::Objective::classification),
          program(network, batch, Program::Purpose::training),
          parameters(network.buffer_size()),
          gradients(network.buffer_size(), 0.0F),
          factors(batch * outputs),
          statistics(network.statistics_size()) {
        model::initialise_statistics(network, statistics);
        model::initialise(network, model::Initialiser::xavier, 3, 0, parameters);
        core::RandomStream random({.seed = 8});
        // Biases away from zero, so that no derivative is symmetric by accident.
        for (const auto& block : network.blocks()) {
            for (std::size_t i = 0; !block.is_weight && i < block.columns; ++i) {
                parameters[block.offset + i] += static_cast<float>(random.uniform(-0.5, 0.5));
            }
        }
        for (std::size_t row = 0; row < batch; ++row) {
            for (float& x : program.input()[row]) x = static_cast<float>(random.uniform(-1, 1));
        }
        for (double& factor : factors) factor = random.uniform(-1, 1);
    }

    [[nodiscard]] model::Pass pass(Mode mode) {
        return {.mode = mode,
                .random = core::RandomStream({.seed = 5, .purpose = core::Purpose::dropout}),
                .statistics = statistics.data()};
    }

    double loss(Mode mode) {
        program.forward(parameters.data(), pass(mode));
        double sum = 0;
        const auto y = program.output();
        for (std::size_t row = 0; row < y.count; ++row) {
            for (std::size_t c = 0; c < outputs; ++c) sum += factors[row * outputs + c] * double(y[row][c]);
        }
        return sum;
    }

    void differentiate() {
        static_cast<void>(loss(Mode::train));
        const auto dy = program.output_gradient();
        for (std::size_t row = 0; row < dy.count; ++row) {
            for (std::size_t c = 0; c < outputs; ++c) dy[row][c] = static_cast<float>(factors[row * outputs + c]);
        }
        program.backward(parameters.data(), gradients.data(), [](const auto&, std::size_t, std::size_t) {});
    }
};

/// Compares components of the gradient with central differences. Where the slope depends on the step, a kink (of
/// relu, of a maximum) lies in between and proves nothing; but few components may have one. What counts as equal
/// follows from the largest component of a block, down to the noise of differences in single precision.
inline void check_gradient(const std::string& text, const core::Shape& input = {inputs}) {
    Bench bench(text, rows, input);
    bench.differentiate();
    const auto gradients = bench.gradients;
    const auto largest_of = [](std::span<const float> values) {
        double largest = 0;
        for (const float g : values) largest = std::max(largest, std::abs(double(g)));
        return largest;
    };
    const double scale = largest_of(gradients);
    const double noise = 3e-4 * std::max(scale, 1.0);
    std::size_t compared = 0;
    std::size_t kinks = 0;
    std::size_t wrong = 0;
    std::string seen;
    BOOST_TEST_REQUIRE(scale > 1e-3, text << ": the gradient vanishes");
    for (const auto& block : bench.network.blocks()) {
        const double tolerance =
            std::max(2e-3 * largest_of(std::span(gradients).subspan(block.offset, block.size())), noise);
        // All components of small blocks, every so many of large ones.
        const std::size_t every = block.rows * block.columns / 24 + 1;
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (std::size_t column = 0; column < block.columns; ++column) {
                if ((row * block.columns + column) % every != 0) continue;
                const std::size_t at = block.offset + row * block.stride + column;
                const auto slope_over = [&](float h) {
                    const float before = std::exchange(bench.parameters[at], bench.parameters[at] + h);
                    const double up = bench.loss(Mode::train);
                    bench.parameters[at] = before - h;
                    const double down = bench.loss(Mode::train);
                    bench.parameters[at] = before;
                    return (up - down) / (2.0 * double(h));
                };
                const double slope = slope_over(2e-3F);
                ++compared;
                if (std::abs(slope - slope_over(6e-3F)) > tolerance) {
                    ++kinks;
                    continue;
                }
                if (std::abs(double(gradients[at]) - slope) < tolerance) continue;
                ++wrong;
                seen = text + ": " + block.name + "[" + std::to_string(row) + ", " + std::to_string(column) + "] is " +
                       std::to_string(gradients[at]) + ", differences say " + std::to_string(slope);
            }
        }
    }
    BOOST_TEST(kinks * 4 <= compared, text << ": " << kinks << " of " << compared << " components lie at kinks");
    // Where maxima change places, two kinks may balance each other; a wrong derivative is wrong nearly everywhere.
    const std::size_t allowed = text.find("maxpool") == std::string::npos ? 0 : compared / 20;
    BOOST_TEST(wrong <= allowed, seen);
}

}  // namespace testing
