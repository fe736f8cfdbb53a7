// The largest value of each window and its place, against the definition, bit for bit: kernels know some sizes of
// windows, go another way where numbers are not all there is, and are others for blocks of 16 channels.

#include "compute/pooling.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(pooling_tests)

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

struct Pooled {
    std::vector<float> values;
    std::vector<std::uint8_t> places;
    std::vector<float> gradient;  ///< of the images, where that of each value is its number from 1 on
};

/// Row by row, the first of equals; the first NaN wins.
Pooled by_definition(const compute::Images& in, const compute::Window& window, const core::Buffer<float>& x) {
    const compute::Images out = compute::pooled(in, window);
    Pooled result{.values = {}, .places = {}, .gradient = std::vector<float>(in.elements())};
    const auto before_rows = static_cast<std::ptrdiff_t>(window.before(in.height));
    const auto before_columns = static_cast<std::ptrdiff_t>(window.before(in.width));
    for (std::size_t i = 0; i < out.elements(); ++i) {
        const std::size_t lane = i % out.block;
        const std::size_t column = i / out.block % out.width;
        const std::size_t row = i / out.block / out.width % out.height;
        const std::size_t plane = i / out.block / out.pixels();
        std::size_t chosen = 0;
        std::uint8_t place = 0;
        bool found = false;
        for (std::size_t k = 0; k < window.size * window.size; ++k) {
            const auto r = static_cast<std::ptrdiff_t>(row * window.stride + k / window.size) - before_rows;
            const auto c = static_cast<std::ptrdiff_t>(column * window.stride + k % window.size) - before_columns;
            if (r < 0 || c < 0 || r >= std::ptrdiff_t(in.height) || c >= std::ptrdiff_t(in.width)) continue;
            const std::size_t at = ((plane * in.height + std::size_t(r)) * in.width + std::size_t(c)) * in.block + lane;
            if (found && (std::isnan(x[chosen]) || x[at] <= x[chosen])) continue;
            found = true;
            chosen = at;
            place = static_cast<std::uint8_t>(k);
        }
        result.values.push_back(x[chosen]);
        result.places.push_back(place);
        result.gradient[chosen] += static_cast<float>(i + 1);
    }
    return result;
}

void check(const compute::Images& in, const compute::Window& window, const core::Buffer<float>& x) {
    const Pooled expected = by_definition(in, window, x);
    const std::size_t count = expected.values.size();
    core::Buffer<float> y(count);
    std::vector<std::uint8_t> places(count);
    compute::max_pool(in, window, x.data(), y.data(), places);
    BOOST_TEST(places == expected.places, boost::test_tools::per_element());
    for (std::size_t i = 0; i < count; ++i)
        BOOST_TEST((y[i] == expected.values[i] || (std::isnan(y[i]) && std::isnan(expected.values[i]))), "value " << i);
    core::Buffer<float> dy(count);
    for (std::size_t i = 0; i < count; ++i) dy[i] = static_cast<float>(i + 1);
    core::Buffer<float> dx(in.elements(), nan);
    compute::max_pool_backward(in, window, dy.data(), places, dx.data());
    BOOST_TEST(std::vector<float>(dx.begin(), dx.end()) == expected.gradient, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_largest_of_each_window_and_its_place) {
    core::RandomStream random({.seed = 5});
    for (const std::size_t block : {16U, 4U}) {
        const compute::Images in{.count = 2, .height = 7, .width = 6, .channels = 2 * block, .block = block};
        core::Buffer<float> x(in.elements());
        // Few different numbers, so that many are equal.
        for (float& value : x) value = static_cast<float>(random.below(7)) - 3;
        for (const auto padding : {compute::Padding::same, compute::Padding::valid}) {
            for (const auto& [size, stride] : {std::pair(2U, 2U), {2U, 3U}, {3U, 2U}, {3U, 1U}, {4U, 2U}, {7U, 7U}}) {
                if (padding == compute::Padding::valid && size > in.width) continue;
                check(in, {.size = size, .stride = stride, .padding = padding}, x);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_window_with_a_nan_gives_it) {
    const compute::Images in{.count = 1, .height = 7, .width = 6, .channels = 16, .block = 16};
    for (const float other : {infinity, -infinity, nan}) {
        core::RandomStream random({.seed = 6});
        core::Buffer<float> x(in.elements());
        for (float& value : x) value = static_cast<float>(random.normal());
        for (int i = 0; i < 40; ++i) x[random.below(std::uint32_t(x.size()))] = i % 2 == 0 ? infinity : other;
        check(in, {.size = 2, .stride = 2}, x);
        check(in, {.size = 3, .stride = 2}, x);
    }
}

BOOST_AUTO_TEST_SUITE_END()
