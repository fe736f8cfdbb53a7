// Convolutions that are pooled slice by slice, against the same network with both steps apart.

#include <algorithm>
#include <cmath>
#include <string>

#include <boost/test/unit_test.hpp>

#include "model/gradient.hpp"
#include "model/image_operations.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(slices_tests)

namespace {

using testing::Bench;

/// dropout(0) changes nothing, but stands between convolution and pooling.
void check_slices(const std::string& before, const std::string& convolution, const std::string& pool, std::size_t batch,
                  const core::Shape& input) {
    const std::string after = " relu flatten dense(5)";
    Bench fused(before + convolution + pool + after, batch, input);
    Bench apart(before + convolution + "dropout(0) " + pool + after, batch, input);
    BOOST_TEST(fused.program.bytes() < apart.program.bytes(), "nothing is fused");
    fused.differentiate();
    apart.differentiate();
    const auto y = fused.program.output();
    const auto expected = apart.program.output();
    for (std::size_t row = 0; row < y.count; ++row)
        BOOST_TEST_REQUIRE(std::ranges::equal(y[row], expected[row]), "output of row " << row);
    // Sums over tens of thousands of pixels, in another order.
    double scale = 0;
    double worst = 0;
    for (std::size_t i = 0; i < apart.gradients.size(); ++i) {
        scale = std::max(scale, std::abs(double(apart.gradients[i])));
        worst = std::max(worst, std::abs(double(fused.gradients[i]) - double(apart.gradients[i])));
    }
    BOOST_TEST(scale > 1e-3);
    BOOST_TEST(worst < 3e-5 * scale, worst << " of " << scale);
}

}  // namespace

BOOST_AUTO_TEST_CASE(slices_give_what_the_whole_batch_gives) {
    check_slices("", "conv(32, 3) ", "maxpool(2)", 48, {28, 28});
    check_slices("conv(16, 3) relu ", "conv(32, 3) ", "maxpool(2)", 48, {28, 28});
    check_slices("", "conv(20, 5, valid) ", "maxpool(3, 2)", 72, {32, 32, 3});
    check_slices("skip[ conv(16, 3) ] ", "conv(32, 3) relu ", "maxpool(2)", 45, {29, 27, 16});
}

BOOST_AUTO_TEST_CASE(slices_divide_the_batch) {
    const auto slice = [](std::size_t count, std::size_t channels) {
        return model::ConvolveAndPool::slice_of(
            {.count = count, .height = 28, .width = 28, .channels = channels, .block = 16});
    };
    BOOST_TEST(slice(100, 32) == 5U);
    BOOST_TEST(slice(128, 32) == 4U);
    BOOST_TEST(slice(97, 32) == 0U);   // a prime
    BOOST_TEST(slice(30, 32) == 0U);   // small enough as it is
    BOOST_TEST(slice(64, 256) == 0U);  // not two to a slice
}

BOOST_AUTO_TEST_SUITE_END()
