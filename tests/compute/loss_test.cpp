#include "compute/loss.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(loss_tests)

namespace {

constexpr std::size_t rows = 4;
constexpr std::size_t width = 3;
constexpr std::size_t stride = 5;

compute::Rows view(std::vector<float>& values) {
    return {values.data(), rows, width, stride};
}

std::vector<float> logits() {
    std::vector<float> z(rows * stride, 99.0F);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t c = 0; c < width; ++c) {
            z[row * stride + c] = static_cast<float>(std::sin(double(3 * row + c))) * 2;
        }
    }
    return z;
}

}  // namespace

BOOST_AUTO_TEST_CASE(softmax_agrees_with_the_definition) {
    auto z = logits();
    const auto before = z;
    compute::softmax(view(z));
    for (std::size_t row = 0; row < rows; ++row) {
        double sum = 0;
        for (std::size_t c = 0; c < width; ++c) sum += std::exp(double(before[row * stride + c]));
        for (std::size_t c = 0; c < width; ++c) {
            BOOST_TEST(std::abs(z[row * stride + c] - std::exp(double(before[row * stride + c])) / sum) < 1e-6);
        }
        BOOST_TEST(z[row * stride + width] == 99.0F);
    }
}

BOOST_AUTO_TEST_CASE(large_logits_do_not_overflow) {
    std::vector<float> z(rows * stride, 0.0F);
    z[0] = 1e4F;
    z[stride] = -1e4F;
    compute::softmax(view(z));
    BOOST_TEST(z[0] == 1.0F);
    BOOST_TEST(z[stride] == 0.0F);
    BOOST_TEST(z[stride + 1] == 0.5F);
}

BOOST_AUTO_TEST_CASE(small_losses_of_large_logits_are_not_rounded_away) {
    std::vector<float> z{1000, 990, 985};
    std::vector<float> gradient(3);
    const compute::Rows one{.data = z.data(), .count = 1, .width = 3, .stride = 3};
    const compute::Rows out{.data = gradient.data(), .count = 1, .width = 3, .stride = 3};
    const std::vector<std::int32_t> label{0};
    const double expected = std::log1p(std::exp(-10.0) + std::exp(-15.0));
    BOOST_TEST(compute::softmax_cross_entropy(one, label) == expected, boost::test_tools::tolerance(0.01));
    BOOST_TEST(compute::softmax_cross_entropy(one, label, out) == expected, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_equal_logits_is_the_logarithm_of_the_classes) {
    std::vector<float> z(rows * stride, 0.5F);
    const std::vector<std::int32_t> labels{0, 1, 2, 0};
    BOOST_TEST(std::abs(compute::softmax_cross_entropy(view(z), labels) - rows * std::log(3.0)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(cross_entropy_gradient_agrees_with_differences) {
    const std::vector<std::int32_t> labels{2, 0, 1, 1};
    auto z = logits();
    std::vector<float> gradient(rows * stride, 7.0F);
    const double loss = compute::softmax_cross_entropy(view(z), labels, view(gradient));
    BOOST_TEST(std::abs(loss - compute::softmax_cross_entropy(view(z), labels)) < 1e-6);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t c = 0; c < width; ++c) {
            constexpr float h = 1e-2F;
            auto up = logits();
            auto down = logits();
            up[row * stride + c] += h;
            down[row * stride + c] -= h;
            const double slope = (compute::softmax_cross_entropy(view(up), labels) -
                                  compute::softmax_cross_entropy(view(down), labels)) /
                                 (2 * h) / rows;
            BOOST_TEST(std::abs(gradient[row * stride + c] - slope) < 1e-4);
        }
        BOOST_TEST(gradient[row * stride + width] == 7.0F);
    }
}

BOOST_AUTO_TEST_CASE(softened_labels_follow_the_definition) {
    const std::vector<std::int32_t> labels{2, 0, 1, 1};
    for (const double smoothing : {0.1, 0.25, 0.9}) {
        auto z = logits();
        std::vector<float> gradient(rows * stride, 7.0F);
        const double loss = compute::softmax_cross_entropy(view(z), labels, view(gradient), smoothing);
        auto p = logits();
        compute::softmax(view(p));
        double expected = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t c = 0; c < width; ++c) {
                const double q = (labels[row] == int(c) ? 1 - smoothing : 0.0) + smoothing / width;
                const double probability = p[row * stride + c];
                expected -= q * std::log(probability);
                BOOST_TEST(std::abs(gradient[row * stride + c] - (probability - q) / rows) < 1e-7);
            }
            BOOST_TEST(gradient[row * stride + width] == 7.0F);
        }
        BOOST_TEST(std::abs(loss - expected) < 1e-5);
    }
}

// Where softmax(z) = q the gradient vanishes and the loss is the entropy of q.
BOOST_AUTO_TEST_CASE(softened_labels_have_their_optimum_at_finite_logits) {
    constexpr double smoothing = 0.3;
    const double q = 1 - smoothing + smoothing / width;
    std::vector<float> z(rows * stride, 0.0F);
    for (std::size_t row = 0; row < rows; ++row)
        z[row * stride] = static_cast<float>(std::log(q / (smoothing / width)));
    const std::vector<std::int32_t> labels(rows, 0);
    std::vector<float> gradient(rows * stride);
    const double loss = compute::softmax_cross_entropy(view(z), labels, view(gradient), smoothing);
    const double entropy = -q * std::log(q) - 2 * (smoothing / width) * std::log(smoothing / width);
    BOOST_TEST(std::abs(loss - rows * entropy) < 1e-5);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t c = 0; c < width; ++c) BOOST_TEST(std::abs(gradient[row * stride + c]) < 1e-7);
    }
}

BOOST_AUTO_TEST_CASE(a_logit_that_is_no_number_shows) {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        auto z = logits();
        z[stride + 2] = bad;
        const std::vector<std::int32_t> labels{2, 0, 1, 1};
        std::vector<float> gradient(rows * stride);
        BOOST_TEST(!std::isfinite(compute::softmax_cross_entropy(view(z), labels)));
        BOOST_TEST(!std::isfinite(compute::softmax_cross_entropy(view(z), labels, view(gradient))));
        BOOST_TEST(!std::isfinite(compute::softmax_cross_entropy(view(z), labels, view(gradient), 0.1)));
    }
}

BOOST_AUTO_TEST_CASE(squared_error_and_its_gradient) {
    std::vector<float> y(rows * stride, 0.0F);
    for (std::size_t row = 0; row < rows; ++row) y[row * stride] = 2.0F;
    const std::vector<float> targets(rows * width, 1.0F);
    std::vector<float> gradient(rows * stride, 7.0F);
    // Each row: errors 1, −1, −1, mean of squares 1.
    BOOST_TEST(compute::squared_error(view(y), targets, view(gradient)) == 4.0);
    BOOST_TEST(std::abs(gradient[0] - 2.0F / 12) < 1e-7);
    BOOST_TEST(std::abs(gradient[1] + 2.0F / 12) < 1e-7);
    BOOST_TEST(gradient[width] == 7.0F);
}

BOOST_AUTO_TEST_SUITE_END()
