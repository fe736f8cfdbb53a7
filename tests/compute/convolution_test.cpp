#include "compute/convolution.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/random.hpp"
#include "core/team.hpp"

BOOST_AUTO_TEST_SUITE(convolution_tests)

// The library's reference kernels are a thousand times slower: there must be a better one for every common shape.
BOOST_AUTO_TEST_CASE(no_usual_shape_meets_a_reference_kernel) {
    for (const std::size_t in : {1, 3, 8, 16, 24, 32, 64}) {
        for (const std::size_t out : {8, 10, 16, 24, 32, 64}) {
            for (const std::size_t stride : {1, 2}) {
                const compute::ConvolutionShape shape{.count = 2,
                                                      .height = 8,
                                                      .width = 8,
                                                      .channels_in = in,
                                                      .channels_out = out,
                                                      .window = {3, stride, compute::Padding::same},
                                                      .weight_stride = core::row_stride(out)};
                const compute::Convolution convolution(shape, compute::fastest_order(shape),
                                                       compute::Derivatives::of_weights_and_input);
                BOOST_TEST(!std::string(convolution.kernel()).starts_with("ref"),
                           in << " to " << out << " channels, stride " << stride);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_team_gives_the_bits_of_one) {
    using namespace compute;
    const ConvolutionShape shape{.count = 20,
                                 .height = 13,
                                 .width = 14,
                                 .channels_in = 32,
                                 .channels_out = 48,
                                 .window = {.size = 3},
                                 .weight_stride = 48};
    const ConvolutionOrder order = fastest_order(shape);
    const auto random = [](std::size_t count, std::uint32_t step) {
        core::Buffer<float> values(count);
        core::RandomStream stream({.seed = 8, .step = step});
        for (float& value : values) value = static_cast<float>(stream.normal());
        return values;
    };
    const core::Buffer<float> x = random(order.in.elements(), 1);
    const core::Buffer<float> weights = random(9 * 32 * 48, 2);
    const core::Buffer<float> bias = random(48, 3);
    const core::Buffer<float> dy = random(order.out.elements(), 4);
    core::Team team;
    std::vector<std::vector<core::Buffer<float>>> results;
    for (const std::size_t threads : {1U, 2U, 3U}) {
        team.resize(threads);
        Convolution convolution(shape, order, Derivatives::of_weights_and_input, Precision::f32, &team);
        std::vector<core::Buffer<float>>& now = results.emplace_back();
        now = {core::Buffer<float>(dy.size()), core::Buffer<float>(x.size()), core::Buffer<float>(weights.size()),
               core::Buffer<float>(bias.size())};
        convolution.take(weights.data());
        convolution.forward(x.data(), bias.data(), now[0].data());
        convolution.backward_input(dy.data(), now[1].data());
        convolution.backward_weights(x.data(), dy.data(), now[2].data(), now[3].data());
        BOOST_TEST((now == results.front()));
    }
}

BOOST_AUTO_TEST_SUITE_END()
