#include "model/dense_stack.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(dense_stack_tests)

namespace {

model::Network network(const std::string& text) {
    return {text, {4, 5}, 3};
}

std::string refusal(const std::string& text) {
    try {
        static_cast<void>(model::hidden_dense_layers(network(text)));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::usage));
        return error.what();
    }
    return {};
}

std::string names(const std::string& text) {
    std::string all;
    for (const model::DenseLayer& layer : model::hidden_dense_layers(network(text))) {
        all += layer.weight.name + " " + layer.bias.name + " ";
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(stacks_are_their_hidden_layers) {
    BOOST_TEST(names("dense(8) sigmoid") == "dense1.weight dense1.bias ");
    BOOST_TEST(names("flatten dropout(0.1) dense(8) relu dropout(0.5) dense(4) tanh dense(2)") ==
               "dense1.weight dense1.bias dense2.weight dense2.bias dense3.weight dense3.bias ");
    BOOST_TEST(model::hidden_dense_layers(network("repeat(3)[ repeat(2)[ dense(8) sigmoid ] dense(3) ]")).size() == 9U);
}

BOOST_AUTO_TEST_CASE(other_networks_are_refused_with_the_place) {
    for (const char* text : {"flatten", "relu dropout(0.1)", "repeat(2)[ relu ]"}) {
        BOOST_TEST(refusal(text).starts_with("--init rbm: there is no hidden dense layer in "), refusal(text));
    }
    BOOST_TEST(refusal("dense(8) relu\nskip[ dense(8) ]").find("line 2, column 1: skip cannot") != std::string::npos);
    BOOST_TEST(refusal("conv(2, 3) relu dense(8)").find("column 1: conv cannot") != std::string::npos);
    BOOST_TEST(refusal("dense(8) batchnorm sigmoid").find("column 10: batchnorm cannot") != std::string::npos);
    BOOST_TEST(refusal("repeat(2)[ dense(8) skip[ relu ] ]").find("column 21: skip cannot") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_sigmoid_layer_follows_its_definition) {
    const model::Network made = network("dense(7) sigmoid");
    const model::DenseLayer layer = model::hidden_dense_layers(made).front();
    std::vector<float> parameters(made.buffer_size());
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<float>(std::sin(double(i)));
    constexpr std::size_t rows = 3;
    model::SigmoidLayer sigmoid(layer, rows);
    const compute::Rows input = sigmoid.input();
    BOOST_TEST(input.width == 20U);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < input.width; ++i) input[row][i] = static_cast<float>(std::cos(double(i + row)));
    }
    std::vector<float> values(rows * core::row_stride(7));
    const compute::Rows out{values.data(), rows, 7, core::row_stride(7)};
    sigmoid.forward(parameters.data(), out);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t unit = 0; unit < 7; ++unit) {
            double x = parameters[layer.bias.offset + unit];
            for (std::size_t i = 0; i < 20; ++i) {
                x += double(input[row][i]) * parameters[layer.weight.offset + i * layer.weight.stride + unit];
            }
            BOOST_TEST(std::abs(out[row][unit] - 1 / (1 + std::exp(-x))) < 1e-5);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
