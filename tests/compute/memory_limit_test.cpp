#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/convolution.hpp"
#include "compute/matmul.hpp"
#include "core/buffer.hpp"
#include "limited_memory.hpp"

using namespace ensemble;

using namespace compute;

BOOST_AUTO_TEST_SUITE(memory_limit_tests)

namespace {

/// From hardly anything to more than the library ever wants for small kernels, in steps it cannot jump over.
template <class Action>
void ends_well_or_says_so(Action action) {
    constexpr std::size_t step = 128U << 10U;
    constexpr std::size_t plenty = 128U << 20U;
    for (std::size_t room = step; room < (20U << 20U); room += step)
        BOOST_TEST((end_with_room(room, action) != Ends::otherwise), "with " << room << " bytes");
    BOOST_TEST((end_with_room(plenty, action) == Ends::well));
}

}  // namespace

// This process itself runs no kernel, or those it starts would have the library's code already.
BOOST_AUTO_TEST_CASE(a_product_without_memory_says_so, *boost::unit_test::precondition(memory_can_be_limited)) {
    ends_well_or_says_so([] {
        constexpr std::size_t extent = 48;
        const Operand factor{extent, Transpose::no};
        const core::Buffer<float> a(extent * extent);
        core::Buffer<float> c(extent * extent);
        const MatMul product({extent, extent, extent}, factor, factor, extent, Accumulate::no);
        product(a.data(), a.data(), c.data());
    });
}

BOOST_AUTO_TEST_CASE(a_convolution_without_memory_says_so, *boost::unit_test::precondition(memory_can_be_limited)) {
    ends_well_or_says_so([] {
        constexpr std::size_t channels = 16;
        const Images x{.count = 4, .height = 9, .width = 9, .channels = 1, .block = 1};
        Images y = x;
        y.channels = channels;
        y.block = widest_block();
        const ConvolutionShape shape{.count = x.count,
                                     .height = x.height,
                                     .width = x.width,
                                     .channels_in = x.channels,
                                     .channels_out = channels,
                                     .window = Window{.size = 3, .stride = 1, .padding = Padding::same},
                                     .weight_stride = channels};
        Convolution convolution(shape, {x, y}, Derivatives::of_weights);
        const core::Buffer<float> in(x.elements());
        core::Buffer<float> out(y.elements());
        core::Buffer<float> weights(9 * channels);
        std::vector<float> bias(channels);
        convolution.set_weights(weights.data());
        convolution.forward(in.data(), bias.data(), out.data());
        convolution.backward_weights(in.data(), out.data(), weights.data(), bias.data());
    });
}

BOOST_AUTO_TEST_SUITE_END()
