#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/complaint.hpp"
#include "model/gradient.hpp"
#include "model/network_summary.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(steps_tests)

using testing::Bench;
using testing::check_gradient;
using testing::complaint;
using testing::mentions;

namespace {

/// A sequence as the plain reference below has it: [steps][features] in double precision.
struct Sequence {
    std::size_t steps;
    std::size_t features;
    std::vector<double> values;

    Sequence(std::size_t t, std::size_t f, double value = 0) : steps(t), features(f), values(t * f, value) {}
    double& at(std::size_t t, std::size_t f) { return values[t * features + f]; }
    [[nodiscard]] double at(std::size_t t, std::size_t f) const { return values[t * features + f]; }
};

struct Sliding {
    std::size_t window;
    std::size_t stride;
    bool same;

    [[nodiscard]] std::string words() const {
        return std::to_string(window) + ", " + std::to_string(stride) + (same ? ", same)" : ", valid)");
    }
    [[nodiscard]] std::size_t positions(std::size_t steps) const {
        return same ? (steps + stride - 1) / stride : (steps - window) / stride + 1;
    }
};

/// Calls use(output step, place in the window, input step) for all that lies inside; TensorFlow's rule for "same".
template <class Use>
void slide(std::size_t steps, const Sliding& s, Use use) {
    const std::size_t positions = s.positions(steps);
    const std::size_t needed = (positions - 1) * s.stride + s.window;
    const std::size_t before = s.same && needed > steps ? (needed - steps) / 2 : 0;
    for (std::size_t out = 0; out < positions; ++out) {
        for (std::size_t i = 0; i < s.window; ++i) {
            const std::size_t t = out * s.stride + i;  // in the padded sequence
            if (t >= before && t - before < steps) use(out, i, t - before);
        }
    }
}

Sequence convolved(const Sequence& x, const Sliding& s, const Bench& bench) {
    const auto& weight = bench.network.blocks()[0];
    const auto& bias = bench.network.blocks()[1];
    Sequence y(s.positions(x.steps), weight.columns);
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] = bench.parameters[bias.offset + i % y.features];
    slide(x.steps, s, [&](std::size_t out, std::size_t i, std::size_t t) {
        for (std::size_t f = 0; f < x.features; ++f) {
            const std::size_t row = weight.offset + (i * x.features + f) * weight.stride;
            for (std::size_t o = 0; o < y.features; ++o) y.at(out, o) += x.at(t, f) * double(bench.parameters[row + o]);
        }
    });
    return y;
}

Sequence largest(const Sequence& x, const Sliding& s) {
    Sequence y(s.positions(x.steps), x.features, -1e30);
    slide(x.steps, s, [&](std::size_t out, std::size_t, std::size_t t) {
        for (std::size_t f = 0; f < x.features; ++f) y.at(out, f) = std::max(y.at(out, f), x.at(t, f));
    });
    return y;
}

Sequence mean(const Sequence& x, const Sliding& s) {
    Sequence y(s.positions(x.steps), x.features);
    std::vector<double> inside(y.steps, 0);
    slide(x.steps, s, [&](std::size_t out, std::size_t, std::size_t t) {
        inside[out] += 1;
        for (std::size_t f = 0; f < x.features; ++f) y.at(out, f) += x.at(t, f);
    });
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] /= inside[i / y.features];
    return y;
}

/// Runs `text` and holds every answer against what the output layer makes of `reference`, a function of one sequence.
template <class Reference>
void check_against(const std::string& text, const core::Shape& shape, Reference reference) {
    Bench bench(text, 3, shape);
    static_cast<void>(bench.loss(model::Mode::evaluate));
    const auto blocks = bench.network.blocks();
    const auto& weight = blocks[blocks.size() - 2];
    const auto& bias = blocks[blocks.size() - 1];
    const auto x = bench.program.input();
    const auto y = bench.program.output();
    for (std::size_t row = 0; row < x.count; ++row) {
        Sequence sequence(shape[0], shape.elements() / shape[0]);
        std::copy(x[row].begin(), x[row].end(), sequence.values.begin());
        const Sequence left = reference(sequence, bench);
        BOOST_TEST_REQUIRE(left.values.size() == weight.rows, text << " on " << shape.text());
        for (std::size_t o = 0; o < weight.columns; ++o) {
            double expected = bench.parameters[bias.offset + o];
            for (std::size_t i = 0; i < left.values.size(); ++i)
                expected += left.values[i] * double(bench.parameters[weight.offset + i * weight.stride + o]);
            BOOST_TEST(std::abs(y[row][o] - expected) < 2e-4,
                       text << " on " << shape.text() << ": " << y[row][o] << " instead of " << expected);
        }
    }
}

/// A vector, a sequence of few and of many features, an image read row by row.
const std::vector<core::Shape> inputs{{20}, {11, 3}, {12, 16}, {6, 5, 4}};

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions_agree_with_the_definition) {
    for (const core::Shape& shape : inputs) {
        for (const char* channels : {"1", "5", "16", "32"}) {
            for (const Sliding s :
                 {Sliding{3, 1, true}, Sliding{5, 1, false}, Sliding{5, 2, true}, Sliding{2, 3, false},
                  Sliding{1, 1, true}, Sliding{4, 1, true}, Sliding{9, 1, true}}) {
                if (!s.same && s.window > shape[0]) continue;
                const std::string text = std::string("conv1d(") + channels + ", " + s.words();
                check_against(text, shape, [&](const Sequence& x, const Bench& b) { return convolved(x, s, b); });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(pooling_agrees_with_the_definition) {
    for (const core::Shape& shape : inputs) {
        for (const Sliding s : {Sliding{2, 2, true}, Sliding{2, 2, false}, Sliding{3, 2, true}, Sliding{2, 3, true},
                                Sliding{3, 1, false}, Sliding{5, 5, true}}) {
            check_against("maxpool1d(" + s.words(), shape,
                          [&](const Sequence& x, const Bench&) { return largest(x, s); });
            check_against("avgpool1d(" + s.words(), shape, [&](const Sequence& x, const Bench&) { return mean(x, s); });
        }
        const Sliding whole{shape[0], shape[0], true};
        check_against("maxpool1d", shape, [&](const Sequence& x, const Bench&) { return largest(x, whole); });
        check_against("avgpool1d", shape, [&](const Sequence& x, const Bench&) { return mean(x, whole); });
    }
}

BOOST_AUTO_TEST_CASE(the_largest_of_more_steps_than_a_window_has_places) {
    const Sliding whole{700, 700, true};
    check_against("maxpool1d", {700, 2}, [&](const Sequence& x, const Bench&) { return largest(x, whole); });
}

BOOST_AUTO_TEST_CASE(the_mean_over_steps_has_two_names_behind_a_convolution) {
    const Sliding three{3, 1, true};
    const Sliding whole{9, 9, true};
    for (const char* text : {"conv1d(16, 3) avgpool", "conv1d(16, 3) avgpool1d"}) {
        check_against(text, {9, 2},
                      [&](const Sequence& x, const Bench& b) { return mean(convolved(x, three, b), whole); });
    }
}

BOOST_AUTO_TEST_CASE(gradients_along_steps) {
    for (const core::Shape& shape : {core::Shape{9}, core::Shape{9, 3}, core::Shape{8, 16}}) {
        check_gradient("conv1d(4, 3) tanh conv1d(3, 3, 2, valid)", shape);
        check_gradient("conv1d(16, 3) tanh conv1d(32, 5) silu avgpool1d", shape);
        check_gradient("conv1d(16, 3) batchnorm relu maxpool1d(2) conv1d(3, 2) tanh avgpool1d(3, 1)", shape);
        check_gradient("conv1d(5, 3) tanh maxpool1d(3, 2) tanh maxpool1d", shape);
    }
    check_gradient("dense(12) conv1d(4, 3) tanh conv1d(4, 3)");
}

BOOST_AUTO_TEST_CASE(gradients_with_recurrent_layers_and_blocks) {
    check_gradient("conv1d(6, 3) tanh lstm(4)", {7, 2});
    check_gradient("gru(4, sequence) conv1d(6, 3) tanh avgpool", {7, 2});
    check_gradient("conv1d(8, 3) skip[ conv1d(8, 3) batchnorm tanh conv1d(8, 3) ] maxpool1d(2)", {7, 2});
    check_gradient("skip[ conv1d(8, 3, 2) tanh ] avgpool", {7, 2});
    check_gradient("skip[ conv1d(16, 3) tanh ] avgpool", {7});
    check_gradient("split[ lstm(4) | conv1d(8, 3) tanh avgpool1d | maxpool1d ] dense(3) tanh", {7, 2});
    check_gradient("conv1d(4, 3) split[ conv1d(3, 3) tanh | maxpool1d(3, 1) ] avgpool", {7, 2});
}

BOOST_AUTO_TEST_CASE(weights_shapes_and_operations_count_steps) {
    const auto summary = model::summarise(model::Network("conv1d(32, 5) maxpool1d(2) avgpool1d", {20, 3}, 2), 10);
    const auto& items = summary.items;
    BOOST_TEST_REQUIRE(items.size() == 4U);
    BOOST_TEST(items[0].output.text() == "20×1×32");
    BOOST_TEST(items[0].own.parameters == 5U * 3 * 32 + 32);
    BOOST_TEST(items[0].own.forward == 20.0 * 32 * (2 * 5 * 3 + 1));
    BOOST_TEST(items[1].output.text() == "10×1×32");
    BOOST_TEST(items[1].own.forward == 2.0 * 10 * 32);
    BOOST_TEST(items[2].output.text() == "32");
    BOOST_TEST(items[2].own.forward == 10.0 * 32);
}

BOOST_AUTO_TEST_CASE(says_what_does_not_fit) {
    BOOST_TEST(mentions(complaint("conv1d(4, 9, valid)", {8, 3}),
                        "conv1d(4, 9, valid): a window of 9 steps does not fit the 8 of 8×3"));
    BOOST_TEST(mentions(complaint("conv1d(4)", {8, 8}), "conv1d has 1 argument"));
    BOOST_TEST(mentions(complaint("conv1d(0, 3)", {8, 8}), "channels must be a whole number"));
    BOOST_TEST(mentions(complaint("maxpool1d(257)", {8, 8}), "whole numbers from 1 to 256"));
    BOOST_TEST(mentions(complaint("maxpool1d(9, valid)", {8, 8}), "a window of 9 steps does not fit the 8 of 8×8"));
}

BOOST_AUTO_TEST_SUITE_END()
