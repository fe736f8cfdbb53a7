#include "compute/convolution.hpp"

#include <array>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(convolution_tests)

namespace {

std::string kernels_of(std::size_t side, std::size_t in, std::size_t out, compute::Window window,
                       compute::Derivatives derivatives) {
    const compute::ConvolutionShape shape{.count = 20,
                                          .height = side,
                                          .width = side,
                                          .channels_in = in,
                                          .channels_out = out,
                                          .window = window,
                                          .weight_stride = core::row_stride(out)};
    return compute::Convolution(shape, compute::fastest_order(shape, derivatives), derivatives).kernels();
}

}  // namespace

// The library's reference kernels are a thousand times slower: there must be a better one for every shape and
// direction.
BOOST_AUTO_TEST_CASE(no_shape_meets_a_reference_kernel) {
    using compute::Derivatives;
    for (const std::size_t in : {1, 3, 8, 16, 24, 32}) {
        for (const std::size_t out : {8, 10, 16, 32}) {
            for (const auto& [side, size, stride] :
                 {std::array{8, 3, 1}, {8, 3, 2}, {28, 14, 1}, {28, 15, 1}, {4, 13, 1}, {7, 9, 2}, {2, 13, 1}}) {
                for (const auto derivatives :
                     {Derivatives::none, Derivatives::of_weights, Derivatives::of_weights_and_input}) {
                    const auto extent = [](int number) { return static_cast<std::size_t>(number); };
                    const std::string kernels =
                        kernels_of(extent(side), in, out, {extent(size), extent(stride)}, derivatives);
                    BOOST_TEST(kernels.find("ref") == std::string::npos, in << " to " << out << " channels on " << side
                                                                            << ", window " << size << ", stride "
                                                                            << stride << ": " << kernels);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(no_sequence_does_either) {
    using compute::Derivatives;
    using compute::Window;
    for (const std::size_t in : {1, 2, 16, 24, 64}) {
        for (const std::size_t out : {6, 16, 64}) {
            for (const auto& [steps, window] : {std::pair(128, Window{8}),
                                                {128, Window{5}},
                                                {24, Window{3}},
                                                {24, Window{5, 2}},
                                                {7, Window{9}},
                                                {140, Window{41}}}) {
                for (const auto derivatives :
                     {Derivatives::none, Derivatives::of_weights, Derivatives::of_weights_and_input}) {
                    const compute::ConvolutionShape shape{.count = 20,
                                                          .height = static_cast<std::size_t>(steps),
                                                          .width = 1,
                                                          .channels_in = in,
                                                          .channels_out = out,
                                                          .window = {window, Window{}},
                                                          .weight_stride = core::row_stride(out)};
                    const compute::ConvolutionOrder order = compute::fastest_order(shape, derivatives);
                    BOOST_TEST((order.in.height == shape.height && order.in.width == 1U));
                    const std::string kernels = compute::Convolution(shape, order, derivatives).kernels();
                    BOOST_TEST(kernels.find("ref") == std::string::npos, in << " to " << out << " channels on " << steps
                                                                            << " steps, window " << window.size << ": "
                                                                            << kernels);
                }
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
                                 .window = Window{.size = 3},
                                 .weight_stride = 48};
    const ConvolutionOrder order = fastest_order(shape, Derivatives::of_weights_and_input);
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
    compute::PreparedPool pool;
    std::vector<std::vector<core::Buffer<float>>> results;
    for (const std::size_t threads : {1U, 2U, 3U}) {
        pool.resize(threads);
        Convolution convolution(shape, order, Derivatives::of_weights_and_input, Precision::f32, &pool);
        std::vector<core::Buffer<float>>& now = results.emplace_back();
        now = {core::Buffer<float>(dy.size()), core::Buffer<float>(x.size()), core::Buffer<float>(weights.size()),
               core::Buffer<float>(bias.size())};
        convolution.set_weights(weights.data());
        convolution.forward(x.data(), bias.data(), now[0].data());
        convolution.backward_input(dy.data(), now[1].data());
        convolution.backward_weights(x.data(), dy.data(), now[2].data(), now[3].data());
        BOOST_TEST((now == results.front()));
    }
    // Image by image, or a few at a time; of what is added to, twice as much.
    Convolution convolution(shape, order, Derivatives::of_weights_and_input);
    BOOST_TEST_REQUIRE(convolution.goes_by_images() == (widest_block() == 16));
    if (!convolution.goes_by_images()) return;
    core::Buffer<float> y(dy.size());
    core::Buffer<float> dx(x.size());
    core::Buffer<float> dw(weights.size());
    core::Buffer<float> db(bias.size());
    convolution.set_weights(weights.data());
    for (const core::Part part : {core::Part{0, 1}, {1, 8}, {8, 20}}) {
        const std::size_t in = part.begin * order.in.item_elements();
        const std::size_t out = part.begin * order.out.item_elements();
        convolution.forward(x.data() + in, bias.data(), y.data() + out, part);
        convolution.backward_input(dy.data() + out, dx.data() + in, Accumulate::no, part);
        convolution.backward_weights(x.data() + in, dy.data() + out, dw.data(), db.data(), part);
    }
    BOOST_TEST((std::vector{y, dx, dw, db} == results.front()));
    convolution.backward_input(dy.data(), dx.data(), Accumulate::yes, {0, 20});
    for (std::size_t i = 0; i < dx.size(); ++i) BOOST_TEST_REQUIRE(dx[i] == 2 * results.front()[1][i]);
}

BOOST_AUTO_TEST_SUITE_END()
