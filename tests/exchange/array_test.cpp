#include "exchange/array.hpp"

#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "exchange/gates.hpp"
#include "model/network.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(array_tests)

namespace {

using exchange::Array;
using exchange::Weights;

const auto each = boost::test_tools::per_element();

/// A network whose parameters are 1000 · block + 10 · row + column, so that a number says where it was.
struct Numbered {
    model::Network network;
    core::Buffer<float> parameters;

    Numbered(const char* text, const core::Shape& input) : network(text, input, 2), parameters(network.buffer_size()) {
        for (std::size_t b = 0; b < network.blocks().size(); ++b) {
            const model::ParameterBlock& block = network.blocks()[b];
            for (std::size_t row = 0; row < block.rows; ++row) {
                for (std::size_t column = 0; column < block.columns; ++column)
                    parameters[block.offset + row * block.stride + column] =
                        static_cast<float>(1000 * b + 10 * row + column);
            }
        }
    }
    [[nodiscard]] Weights weights() const { return {.parameters = parameters, .statistics = {}}; }
    [[nodiscard]] const model::ParameterBlock& block(std::size_t place) const { return network.blocks()[place]; }
};

using Extents = std::vector<std::int64_t>;
using Values = std::vector<float>;

}  // namespace

BOOST_AUTO_TEST_CASE(dense_weights_lose_their_padding) {
    const Numbered numbered("dense(2)", {3});
    const Array plain = exchange::matrix_of(numbered.block(0), numbered.weights());
    BOOST_TEST(plain.extents == (Extents{3, 2}), each);
    BOOST_TEST(plain.values == (Values{0, 1, 10, 11, 20, 21}), each);
    const Array turned = exchange::turned_matrix_of(numbered.block(0), numbered.weights());
    BOOST_TEST(turned.extents == (Extents{2, 3}), each);
    BOOST_TEST(turned.values == (Values{0, 10, 20, 1, 11, 21}), each);
    BOOST_TEST(exchange::vector_of(numbered.block(1), numbered.weights()).values == (Values{1000, 1001}), each);
}

BOOST_AUTO_TEST_CASE(filters_have_their_channels_first) {
    // Rows are [window row, window column, channel], here 2 × 2 × 3.
    const Numbered numbered("conv(2, 2) flatten", {4, 4, 3});
    const Array filters =
        exchange::filters_of(numbered.block(0), compute::Window{.size = 2, .stride = 1}, numbered.weights());
    BOOST_TEST(filters.extents == (Extents{2, 3, 2, 2}), each);
    BOOST_TEST(filters.values == (Values{0, 30, 60, 90, 10, 40, 70, 100, 20, 50, 80, 110,
                                         1, 31, 61, 91, 11, 41, 71, 101, 21, 51, 81, 111}),
               each);
}

BOOST_AUTO_TEST_CASE(gates_come_in_the_order_that_is_asked_for) {
    const Numbered numbered("gru(2)", {5, 1});
    const std::vector<std::size_t> last_and_first{2, 0};
    const Array weight = exchange::gates_of(numbered.block(1), 2, last_and_first, numbered.weights());
    BOOST_TEST(weight.extents == (Extents{4, 1}), each);
    BOOST_TEST(weight.values == (Values{1004, 1005, 1000, 1001}), each);
    const std::vector<std::size_t> with_none{3, exchange::no_gate};
    const Array bias = exchange::gates_of(std::span(&numbered.block(2), 1), 2, with_none, numbered.weights());
    BOOST_TEST(bias.values == (Values{2006, 2007, 0, 0}), each);
}

BOOST_AUTO_TEST_CASE(biases_in_several_blocks_are_one_behind_the_other) {
    const Numbered numbered("lstm(1)", {5, 1});
    const std::vector<model::ParameterBlock> blocks{numbered.block(2), numbered.block(3), numbered.block(4)};
    const Array bias = exchange::gates_of(blocks, 1, exchange::torch_gates("lstm").bias, numbered.weights());
    BOOST_TEST(bias.values == (Values{2000, 3000, 4000, 4001}), each);  // i f g o
    const Array onnx = exchange::gates_of(blocks, 1, exchange::onnx_gates("lstm").bias, numbered.weights());
    BOOST_TEST(onnx.values == (Values{2000, 4001, 3000, 4000}), each);  // i o f c
}

// Ours are r z m of h, n r z of x, and biases n r z m.
BOOST_AUTO_TEST_CASE(gru_has_its_gates_in_another_order_everywhere) {
    const Numbered numbered("gru(1)", {5, 1});
    const auto weights = numbered.weights();
    const auto bias = [&](std::span<const std::size_t> gates) {
        return exchange::gates_of(std::span(&numbered.block(2), 1), 1, gates, weights).values;
    };
    const auto of = [&](std::size_t block, std::span<const std::size_t> gates) {
        return exchange::gates_of(numbered.block(block), 1, gates, weights).values;
    };
    const exchange::GateOrder torch = exchange::torch_gates("gru");  // r z n
    BOOST_TEST(of(1, torch.weight) == (Values{1001, 1002, 1000}), each);
    BOOST_TEST(of(0, torch.recurrent) == (Values{0, 1, 2}), each);
    BOOST_TEST(bias(torch.bias) == (Values{2001, 2002, 2000}), each);
    BOOST_TEST(bias(torch.recurrent_bias) == (Values{0, 0, 2003}), each);
    const exchange::GateOrder onnx = exchange::onnx_gates("gru");  // z r h
    BOOST_TEST(of(1, onnx.weight) == (Values{1002, 1001, 1000}), each);
    BOOST_TEST(of(0, onnx.recurrent) == (Values{1, 0, 2}), each);
    BOOST_TEST(bias(onnx.bias) == (Values{2002, 2001, 2000}), each);
    BOOST_TEST(bias(onnx.recurrent_bias) == (Values{0, 0, 2003}), each);
}

BOOST_AUTO_TEST_CASE(statistics_lose_their_padding) {
    const std::vector<float> statistics{0, 1, 2, 3, 4, 5};
    const Array mean = exchange::vector_of({.offset = 1, .width = 4}, 3, {.parameters = {}, .statistics = statistics});
    BOOST_TEST(mean.values == (Values{1, 2, 3}), each);
}

BOOST_AUTO_TEST_SUITE_END()
