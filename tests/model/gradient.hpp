#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/random.hpp"
#include "model/program.hpp"

namespace ensemble::testing {

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

    explicit Bench(const std::string& text, std::size_t batch = rows, const core::Shape& input = {inputs},
                   Program::Purpose purpose = Program::Purpose::training, std::span<const std::size_t> lengths = {})
        : network(text, input, outputs, lengths.empty() ? model::Lengths::equal : model::Lengths::different),
          program(network, batch, purpose),
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
        for (std::size_t row = 0; row < batch && !lengths.empty(); ++row) {
            const std::size_t step = input.elements() / input[0];
            const auto behind = program.input()[row].subspan(lengths[row % lengths.size()] * step);
            std::fill(behind.begin(), behind.end(), std::numeric_limits<float>::quiet_NaN());
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
        std::fill(gradients.begin(), gradients.end(), 0.0F);
        static_cast<void>(loss(Mode::train));
        const auto dy = program.output_gradient();
        for (std::size_t row = 0; row < dy.count; ++row) {
            for (std::size_t c = 0; c < outputs; ++c) dy[row][c] = static_cast<float>(factors[row * outputs + c]);
        }
        program.backward(parameters.data(), gradients.data(), [](const auto&, std::size_t, std::size_t) {});
    }
};

/// What a comparison of one block of parameters has found.
struct Compared {
    std::size_t components = 0;
    std::size_t at_kinks = 0;
    std::string wrong;  ///< about the last one that is
};

/// One component of the gradient, as a function of its parameter.
class Component {
public:
    Component(Bench& bench, std::size_t at) : bench_(bench), at_(at), middle_(bench.parameters[at]) {}
    ~Component() { bench_.parameters[at_] = middle_; }
    Component(const Component&) = delete;
    Component& operator=(const Component&) = delete;

    /// The central difference over `h` to both sides: the mean of the true derivative there.
    [[nodiscard]] double slope() {
        const double up = loss(h);
        return (up - loss(-h)) / (2.0 * double(h));
    }

    /// True if the gradient takes values on both sides of `slope` over the same stretch, which a kink in there makes it
    /// do; looked for in ever shorter steps.
    [[nodiscard]] bool passes(double slope, double tolerance) {
        double least = std::numeric_limits<double>::infinity();
        double largest = -least;
        for (int steps = 1; steps <= 32; steps *= 2) {
            // Odd multiples only: the even ones are those of the longer steps before.
            for (int i = -steps + (steps > 1 ? 1 : 0); i <= steps; i += steps > 1 ? 2 : 1) {
                const double here = gradient(h * static_cast<float>(i) / static_cast<float>(steps));
                least = std::min(least, here);
                largest = std::max(largest, here);
            }
            if (least - tolerance < slope && slope < largest + tolerance && largest - least > tolerance) return true;
        }
        return false;
    }

private:
    static constexpr float h = 2e-3F;

    double gradient(float offset) {
        bench_.parameters[at_] = middle_ + offset;
        bench_.differentiate();
        return bench_.gradients[at_];
    }

    double loss(float offset) {
        bench_.parameters[at_] = middle_ + offset;
        return bench_.loss(Mode::train);
    }

    Bench& bench_;
    std::size_t at_;
    float middle_;
};

inline double largest_of(std::span<const float> values) {
    double largest = 0;
    for (const float g : values) largest = std::max(largest, std::abs(double(g)));
    return largest;
}

/// All components of a small block, every so many of a large one.
inline Compared compare_block(Bench& bench, const model::ParameterBlock& block, std::span<const float> gradients,
                              double tolerance) {
    Compared compared;
    const std::size_t every = block.rows * block.columns / 24 + 1;
    for (std::size_t i = 0; i < block.rows * block.columns; i += every) {
        const std::size_t row = i / block.columns;
        const std::size_t column = i % block.columns;
        const std::size_t at = block.offset + row * block.stride + column;
        Component component(bench, at);
        const double slope = component.slope();
        ++compared.components;
        if (std::abs(double(gradients[at]) - slope) < tolerance) continue;
        if (component.passes(slope, tolerance)) {
            ++compared.at_kinks;
            continue;
        }
        compared.wrong = block.name + "[" + std::to_string(row) + ", " + std::to_string(column) + "] is " +
                         std::to_string(gradients[at]) + ", differences say " + std::to_string(slope);
    }
    return compared;
}

/// Compares components of the gradient with central differences. Such a difference is the mean of the derivative over
/// its stretch. Where a kink (of relu, of a maximum) lies in there it is not the derivative in the middle, but still
/// lies between the least and the largest derivative on the way; few components of a block (a third, or one more) may
/// need this weaker comparison. What counts as equal follows from the largest component of a block, down to the noise
/// of differences in single precision.
inline void check_gradient(const std::string& text, const core::Shape& input = {inputs},
                           std::span<const std::size_t> lengths = {}) {
    Bench bench(text, rows, input, Program::Purpose::training, lengths);
    bench.differentiate();
    const auto gradients = bench.gradients;
    const double scale = largest_of(gradients);
    const double noise = 3e-4 * std::max(scale, 1.0);
    BOOST_TEST_REQUIRE(scale > 1e-3, text << ": the gradient vanishes");
    for (const auto& block : bench.network.blocks()) {
        const double tolerance =
            std::max(2e-3 * largest_of(std::span(gradients).subspan(block.offset, block.size())), noise);
        const Compared compared = compare_block(bench, block, gradients, tolerance);
        BOOST_TEST(compared.wrong.empty(), text << ": " << compared.wrong);
        BOOST_TEST(compared.at_kinks * 3 <= compared.components + 3, text << ": " << block.name << ": "
                                                                          << compared.at_kinks << " of "
                                                                          << compared.components << " lie at kinks");
    }
}

}  // namespace ensemble::testing
