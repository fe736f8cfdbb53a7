#include "compute/convolution.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"

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

BOOST_AUTO_TEST_SUITE_END()
