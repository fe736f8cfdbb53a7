#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"
#include "model/complaint.hpp"
#include "model/gradient.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(images_tests)

using testing::Bench;
using testing::check_gradient;
using testing::complaint;
using testing::mentions;

namespace {

/// Images as the plain reference below has them: [height][width][channels] in double precision.
struct Image {
    std::size_t height = 0;
    std::size_t width = 0;
    std::size_t channels = 0;
    std::vector<double> values;

    Image(std::size_t h, std::size_t w, std::size_t c) : height(h), width(w), channels(c), values(h * w * c) {}
    double& at(std::size_t h, std::size_t w, std::size_t c) { return values[(h * width + w) * channels + c]; }
    [[nodiscard]] double at(std::size_t h, std::size_t w, std::size_t c) const {
        return values[(h * width + w) * channels + c];
    }
};

/// The window's position in the image: TensorFlow's rule for "same", whole windows for "valid".
struct Axis {
    std::size_t positions;
    std::ptrdiff_t before;

    Axis(std::size_t extent, std::size_t window, std::size_t stride, bool same)
        : positions(same ? (extent + stride - 1) / stride : (extent - window) / stride + 1), before(0) {
        const auto needed = static_cast<std::ptrdiff_t>((positions - 1) * stride + window);
        if (same) before = std::max<std::ptrdiff_t>(needed - static_cast<std::ptrdiff_t>(extent), 0) / 2;
    }
};

struct Sliding {
    std::size_t window;
    std::size_t stride;
    bool same;
};

/// Calls use(output row, output column, window row, window column, image row, image column) for all that lies inside.
template <class Use>
void slide(const Image& x, const Sliding& s, Use use) {
    const Axis rows(x.height, s.window, s.stride, s.same);
    const Axis columns(x.width, s.window, s.stride, s.same);
    for (std::size_t oh = 0; oh < rows.positions; ++oh) {
        for (std::size_t ow = 0; ow < columns.positions; ++ow) {
            for (std::size_t i = 0; i < s.window; ++i) {
                for (std::size_t j = 0; j < s.window; ++j) {
                    const auto h = static_cast<std::ptrdiff_t>(oh * s.stride + i) - rows.before;
                    const auto w = static_cast<std::ptrdiff_t>(ow * s.stride + j) - columns.before;
                    if (h < 0 || w < 0 || h >= std::ptrdiff_t(x.height) || w >= std::ptrdiff_t(x.width)) continue;
                    use(oh, ow, i, j, std::size_t(h), std::size_t(w));
                }
            }
        }
    }
}

Image convolved(const Image& x, const Sliding& s, const Bench& bench) {
    const auto& weight = bench.network.blocks()[0];
    const auto& bias = bench.network.blocks()[1];
    Image y(Axis(x.height, s.window, s.stride, s.same).positions, Axis(x.width, s.window, s.stride, s.same).positions,
            weight.columns);
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] = bench.parameters[bias.offset + i % y.channels];
    slide(x, s, [&](auto oh, auto ow, auto i, auto j, auto h, auto w) {
        for (std::size_t c = 0; c < x.channels; ++c) {
            const std::size_t row = (i * s.window + j) * x.channels + c;
            for (std::size_t o = 0; o < y.channels; ++o) {
                y.at(oh, ow, o) += x.at(h, w, c) * double(bench.parameters[weight.offset + row * weight.stride + o]);
            }
        }
    });
    return y;
}

Image pooled(const Image& x, const Sliding& s, bool largest) {
    Image y(Axis(x.height, s.window, s.stride, s.same).positions, Axis(x.width, s.window, s.stride, s.same).positions,
            x.channels);
    std::vector<double> inside(y.values.size(), 0);
    if (largest) std::fill(y.values.begin(), y.values.end(), -1e30);
    slide(x, s, [&](auto oh, auto ow, auto, auto, auto h, auto w) {
        for (std::size_t c = 0; c < x.channels; ++c) {
            double& to = y.at(oh, ow, c);
            to = largest ? std::max(to, x.at(h, w, c)) : to + x.at(h, w, c);
            inside[(oh * y.width + ow) * y.channels + c] += 1;
        }
    });
    if (!largest)
        for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] /= inside[i];
    return y;
}

/// What the output layer makes of an image: dense on its values, pixel by pixel.
std::vector<double> answered(const Image& image, const Bench& bench) {
    const auto blocks = bench.network.blocks();
    const auto& weight = blocks[blocks.size() - 2];
    const auto& bias = blocks[blocks.size() - 1];
    std::vector<double> y;
    for (std::size_t o = 0; o < weight.columns; ++o) {
        double sum = bench.parameters[bias.offset + o];
        for (std::size_t i = 0; i < image.values.size(); ++i)
            sum += image.values[i] * double(bench.parameters[weight.offset + i * weight.stride + o]);
        y.push_back(sum);
    }
    return y;
}

/// Runs `text` on images and holds every answer against `reference`, a function of one image.
template <class Reference>
void check_against(const std::string& text, const core::Shape& shape, Reference reference) {
    Bench bench(text, 3, shape);
    static_cast<void>(bench.loss(model::Mode::evaluate));
    const auto x = bench.program.input();
    const auto y = bench.program.output();
    for (std::size_t row = 0; row < x.count; ++row) {
        Image image(shape[0], shape[1], shape.rank() == 3 ? shape[2] : 1);
        std::copy(x[row].begin(), x[row].end(), image.values.begin());
        const auto expected = answered(reference(image, bench), bench);
        for (std::size_t o = 0; o < expected.size(); ++o) {
            BOOST_TEST(std::abs(y[row][o] - expected[o]) < 2e-4,
                       text << " on " << shape.text() << ": " << y[row][o] << " instead of " << expected[o]);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions_agree_with_the_definition) {
    for (const core::Shape& shape : {core::Shape{7, 9}, core::Shape{8, 6, 3}, core::Shape{9, 9, 16}}) {
        for (const char* channels : {"1", "5", "16", "32"}) {
            for (const Sliding s : {Sliding{3, 1, true}, Sliding{3, 1, false}, Sliding{5, 2, true},
                                    Sliding{2, 3, false}, Sliding{1, 1, true}, Sliding{4, 1, true}}) {
                const std::string text = std::string("conv(") + channels + ", " + std::to_string(s.window) + ", " +
                                         std::to_string(s.stride) + (s.same ? ", same)" : ", valid)");
                check_against(text, shape, [&](const Image& x, const Bench& b) { return convolved(x, s, b); });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(pooling_agrees_with_the_definition) {
    for (const core::Shape& shape :
         {core::Shape{7, 9}, core::Shape{8, 6, 3}, core::Shape{5, 7, 16}, core::Shape{6, 6, 70}}) {
        for (const Sliding s : {Sliding{2, 2, true}, Sliding{2, 2, false}, Sliding{3, 2, true}, Sliding{2, 3, true},
                                Sliding{3, 1, false}}) {
            const std::string arguments =
                "(" + std::to_string(s.window) + ", " + std::to_string(s.stride) + (s.same ? ", same)" : ", valid)");
            check_against("maxpool" + arguments, shape,
                          [&](const Image& x, const Bench&) { return pooled(x, s, true); });
            check_against("avgpool" + arguments, shape,
                          [&](const Image& x, const Bench&) { return pooled(x, s, false); });
        }
        check_against("avgpool", shape, [](const Image& x, const Bench&) {
            return pooled(x, {std::max(x.height, x.width), std::max(x.height, x.width), true}, false);
        });
        check_against("maxpool", shape, [](const Image& x, const Bench&) {
            return pooled(x, {std::max(x.height, x.width), std::max(x.height, x.width), true}, true);
        });
    }
}

BOOST_AUTO_TEST_CASE(relu_before_a_pool_is_relu_before_it) {
    const Sliding three{3, 1, true};
    const Sliding two{2, 2, true};
    check_against("conv(16, 3) relu maxpool(2)", {8, 8, 16}, [&](const Image& x, const Bench& b) {
        Image y = convolved(x, three, b);
        for (double& value : y.values) value = std::max(value, 0.0);
        return pooled(y, two, true);
    });
}

BOOST_AUTO_TEST_CASE(gradients_of_convolutions) {
    for (const core::Shape& shape : {core::Shape{5, 4}, core::Shape{5, 4, 3}, core::Shape{5, 4, 16}}) {
        check_gradient("conv(4, 3) tanh conv(3, 3, 2, valid)", shape);
        check_gradient("conv(16, 3) tanh conv(16, 2) silu", shape);
        check_gradient("conv(16, 3) tanh conv(128, 3) avgpool", shape);  // as wide as vectors whose rows are padded
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_pools) {
    for (const char* channels : {"5", "16"}) {
        const std::string conv = std::string("conv(") + channels + ", 3) tanh ";
        for (const char* pool : {"maxpool(2)", "avgpool(2)", "maxpool(3, 2)", "avgpool(3, 2, valid)", "maxpool",
                                 "avgpool", "maxpool(2, 3)"}) {
            check_gradient(conv + pool, {6, 5, 2});
        }
        check_gradient(std::string("conv(") + channels + ", 3) relu maxpool(2) dense(4) tanh", {6, 5, 2});
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_batch_normalisation) {
    check_gradient("dense(5) batchnorm tanh");
    check_gradient("batchnorm dense(4) batchnorm relu dropout(0.3)");
    check_gradient("conv(5, 3) batchnorm relu conv(3, 3) batchnorm", {4, 5, 2});
    check_gradient("conv(16, 3) batchnorm relu conv(16, 3) batchnorm", {4, 5, 16});
}

BOOST_AUTO_TEST_CASE(gradients_of_nested_graphs_of_images) {
    check_gradient("conv(16, 3) skip[ conv(16, 3) batchnorm tanh conv(16, 3) batchnorm ] tanh", {4, 4, 1});
    check_gradient("conv(16, 3) skip[ conv(32, 3, 2) tanh ] avgpool", {6, 5, 1});
    check_gradient("skip[ conv(2, 3) silu ] skip[ conv(2, 3) ] flatten", {4, 3, 2});
    check_gradient("conv(16, 3) split[ conv(16, 3) tanh | conv(32, 1) | maxpool(3, 1) ] conv(4, 1)", {4, 4, 1});
    check_gradient("split[ conv(3, 3) tanh | conv(4, 1) skip[ conv(4, 3) ] ]", {4, 4, 2});
}

BOOST_AUTO_TEST_CASE(gradients_of_splits_of_vectors) {
    check_gradient("split[ dense(4) tanh | dense(3) sigmoid | flatten ]");
    check_gradient("dense(6) split[ dropout(0) | dense(4) tanh split[ dense(2) | dense(3) gelu ] ] dense(4)");
    check_gradient("dense(6) tanh split[ tanh | skip[ dense(6) tanh ] | skip[ flatten ] ]");
}

BOOST_AUTO_TEST_CASE(batch_statistics_in_training_running_ones_in_evaluation) {
    Bench bench("batchnorm", 200, {3});
    const auto x = bench.program.input();
    core::RandomStream random({.seed = 4});
    for (std::size_t row = 0; row < x.count; ++row) {
        for (std::size_t c = 0; c < 3; ++c)
            x[row][c] = static_cast<float>(1000.0 * double(c) + double(c + 1) * random.normal());
    }
    const auto evaluated = [&] {
        static_cast<void>(bench.loss(model::Mode::evaluate));
        return double(bench.program.output()[0][0]);
    };
    const double untrained = evaluated();
    static_cast<void>(bench.loss(model::Mode::train));
    const double trained = bench.program.output()[0][0];
    BOOST_TEST(std::abs(untrained - trained) > 1);  // means 0 and variances 1 do not fit these data
    for (int step = 0; step < 200; ++step) static_cast<void>(bench.loss(model::Mode::train));
    // The running statistics have become those of the batch, but for Bessel's factor.
    BOOST_TEST(std::abs(evaluated() - trained) < 0.02);
    BOOST_TEST(std::abs(bench.statistics[1] - 1000) < 1);
    const std::size_t variances = bench.network.statistics()[1].offset;
    BOOST_TEST(std::abs(bench.statistics[variances + 2] - 9) < 2);
}

BOOST_AUTO_TEST_CASE(batch_normalisation_by_its_definition) {
    constexpr std::size_t n = 6;  // so few that Bessel's factor shows
    Bench bench("batchnorm", n, {3});
    const auto x = bench.program.input();
    core::RandomStream random({.seed = 6});
    const double widths[] = {2, 0.5, 1e-3};  // the last one so small that ε shows
    for (std::size_t row = 0; row < n; ++row) {
        for (std::size_t c = 0; c < 3; ++c) x[row][c] = static_cast<float>(double(c) - 1 + widths[c] * random.normal());
    }
    const auto blocks = bench.network.blocks();
    const auto gamma = [&](std::size_t c) -> float& { return bench.parameters[blocks[0].offset + c]; };
    const auto beta = [&](std::size_t c) -> float& { return bench.parameters[blocks[1].offset + c]; };
    for (std::size_t c = 0; c < 3; ++c) {
        gamma(c) = 1.5F + float(c);
        beta(c) = 0.25F * float(c);
    }
    // The layer behind it shows its outputs: the identity.
    const auto& weight = blocks[2];
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j)
            bench.parameters[weight.offset + i * weight.stride + j] = i == j ? 1.0F : 0.0F;
    }
    std::fill_n(bench.parameters.begin() + static_cast<std::ptrdiff_t>(blocks[3].offset), 3, 0.0F);
    model::Pass pass = bench.pass(model::Mode::train);
    pass.share = 0.5F;
    bench.program.forward(bench.parameters.data(), pass);
    const auto y = bench.program.output();
    for (std::size_t c = 0; c < 3; ++c) {
        double mean = 0;
        double variance = 0;
        for (std::size_t row = 0; row < n; ++row) mean += double(x[row][c]) / n;
        for (std::size_t row = 0; row < n; ++row) variance += std::pow(double(x[row][c]) - mean, 2) / n;
        for (std::size_t row = 0; row < n; ++row) {
            const double expected =
                double(gamma(c)) * (double(x[row][c]) - mean) / std::sqrt(variance + 1e-5) + double(beta(c));
            BOOST_TEST(std::abs(double(y[row][c]) - expected) < 1e-4);
        }
        // Half a batch: half of a tenth.
        const auto statistics = bench.network.statistics();
        BOOST_TEST(std::abs(double(bench.statistics[statistics[0].offset + c]) - 0.05 * mean) < 1e-6);
        BOOST_TEST(std::abs(double(bench.statistics[statistics[1].offset + c]) -
                            (0.95 + 0.05 * variance * n / (n - 1))) < 1e-6);
    }
}

BOOST_AUTO_TEST_CASE(a_batch_of_one_row_says_nothing_about_a_variance) {
    Bench bench("batchnorm", 1, {3});
    const auto before = bench.statistics;
    bench.program.input()[0][1] = 7;
    static_cast<void>(bench.loss(model::Mode::train));
    BOOST_TEST((bench.statistics == before));
}

BOOST_AUTO_TEST_CASE(says_what_does_not_fit) {
    BOOST_TEST(mentions(complaint("conv(4, 3)", {784}), "line 1, column 1: conv(4, 3): needs images"));
    BOOST_TEST(mentions(complaint("conv(4, 9, valid)", {8, 8}), "a window of 9×9 does not fit an image of 8×8"));
    BOOST_TEST(mentions(complaint("relu conv(4, 3, 1, sam)", {8, 8}), "does not know the word 'sam'"));
    BOOST_TEST(mentions(complaint("conv(4, same, 3)", {8, 8}), "numbers come before words"));
    BOOST_TEST(mentions(complaint("conv(4)", {8, 8}), "conv has 1 argument"));
    BOOST_TEST(mentions(complaint("maxpool(0)", {8, 8}), "whole numbers"));
    BOOST_TEST(mentions(complaint("split[ conv(4, 3) | conv(4, 3, 2) ]", {8, 8}), "8×8×4 and 4×4×4"));
    BOOST_TEST(mentions(
        complaint("skip[ conv(4, 3, 3, valid) conv(4, 2) conv(4, 1, 1) maxpool(2) maxpool(1) conv(4, 3, 1, valid) ]",
                  {30, 20, 1}),
        "30×20×1 cannot be added to 3×1×4"));
    BOOST_TEST(complaint("conv(6, 5) relu maxpool(2) conv(16, 5) relu maxpool(2) conv(120, 5) relu dense(84) relu",
                         {28, 28}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
