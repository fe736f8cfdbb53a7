#include "exchange/layer_formats.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "analysis/combination.hpp"
#include "core/buffer.hpp"
#include "exchange/networks.hpp"
#include "exchange/onnx_combinations.hpp"
#include "model/layers.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(layer_formats_tests)

namespace {

const std::vector<std::pair<const char*, core::Shape>> networks{
    {"dense(4) batchnorm relu maxout(3, 2) skip[ dense(5) ]", {6}},
    {"columns(3, 4, 2) relu", {6}},
    {"conv(3, 3) batchnorm skip[ conv(5, 3, 2) ] maxpool(2) flatten", {8, 8, 2}},
    {"lstm(3, sequence) skip[ gru(4, sequence) ] rnn(5)", {7, 2}}};

}  // namespace

BOOST_AUTO_TEST_CASE(every_layer_can_be_handed_on) {
    for (const model::LayerKind& kind : model::layer_kinds()) {
        if (kind.times != nullptr) continue;  // is no node of a graph
        const auto found = std::ranges::find(exchange::layer_formats(), kind.name, &exchange::LayerFormat::kind);
        BOOST_TEST((found != exchange::layer_formats().end()), kind.name);
    }
}

BOOST_AUTO_TEST_CASE(every_combination_can_be_handed_on) {
    for (const analysis::Combination& combination : analysis::combinations()) {
        BOOST_TEST(exchange::combination_format(combination.kind, combination.name).name == combination.name);
    }
}

BOOST_AUTO_TEST_CASE(every_parameter_is_handed_on_once) {
    for (const auto& [text, input] : networks) {
        const model::Network network(text, input, 2);
        core::Buffer<float> parameters(network.buffer_size());
        model::initialise(network, model::Initialiser::normal, 1, 0, parameters);
        core::Buffer<float> statistics(network.statistics_size());
        for (std::size_t i = 0; i < statistics.size(); ++i) statistics[i] = -1000.0F - static_cast<float>(i);
        std::multiset<float> given;
        std::set<std::string> names;
        for (const auto& [name, array] : exchange::torch_parameters(network, {parameters, statistics})) {
            BOOST_TEST(names.insert(name).second, name);
            for (const float value : array.values)
                if (value != 0 && value > -1000) given.insert(value);
        }
        std::multiset<float> wanted;
        for (const model::ParameterBlock& block : network.blocks()) {
            for (std::size_t row = 0; row < block.rows; ++row)
                for (std::size_t column = 0; column < block.columns; ++column)
                    wanted.insert(parameters[block.offset + row * block.stride + column]);
        }
        BOOST_TEST((given == wanted), text);
    }
}

BOOST_AUTO_TEST_CASE(arrays_have_the_names_and_shapes_of_pytorch) {
    const auto text_of = [](const char* text, const core::Shape& input) {
        const model::Network network(text, input, 2);
        const core::Buffer<float> parameters(network.buffer_size());
        const core::Buffer<float> statistics(network.statistics_size());
        std::string all;
        for (const auto& [name, array] : exchange::torch_parameters(network, {parameters, statistics})) {
            all += (all.empty() ? "" : ", ") + name;
            for (const std::int64_t extent : array.extents) all += ' ' + std::to_string(extent);
        }
        return all;
    };
    BOOST_TEST(text_of("dense(4) batchnorm maxout(3, 2)", {6}) ==
               "dense1.weight 4 6, dense1.bias 4, batchnorm1.weight 4, batchnorm1.bias 4, batchnorm1.running_mean 4, "
               "batchnorm1.running_var 4, maxout1.weight 6 4, maxout1.bias 6, dense2.weight 2 3, dense2.bias 2");
    BOOST_TEST(text_of("columns(3, 2, -3, 1)", {6}) ==
               "columns1.weight 9 6, columns1.bias 9, dense1.weight 2 9, dense1.bias 2");
    BOOST_TEST(text_of("skip[ conv(3, 5, 2) ] avgpool", {8, 8, 2}) ==
               "conv1.weight 3 2 5 5, conv1.bias 3, skip1.projection.weight 3 2 1 1, skip1.projection.bias 3, "
               "dense1.weight 2 3, dense1.bias 2");
    BOOST_TEST(text_of("lstm(3, sequence) gru(2)", {7, 5}) ==
               "lstm1.weight_ih_l0 12 5, lstm1.weight_hh_l0 12 3, lstm1.bias_ih_l0 12, lstm1.bias_hh_l0 12, "
               "gru1.weight_ih_l0 6 3, gru1.weight_hh_l0 6 2, gru1.bias_ih_l0 6, gru1.bias_hh_l0 6, "
               "dense1.weight 2 2, dense1.bias 2");
}

BOOST_AUTO_TEST_CASE(columns_are_one_matrix_with_zeros_between_them) {
    const model::Network network("columns(2, 2, -2, 1)", {5}, 1);
    core::Buffer<float> parameters(network.buffer_size());
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] = 100.0F + static_cast<float>(i);
    const auto at = [&](std::size_t block, std::size_t row, std::size_t column) {
        const auto& own = network.blocks()[block];
        return parameters[own.offset + row * own.stride + column];
    };
    const auto arrays = exchange::torch_parameters(network, {parameters, {}});
    const std::vector<float> weight{at(0, 0, 0), at(0, 1, 0), 0, 0, 0, at(0, 0, 1), at(0, 1, 1), 0, 0, 0, 0, 0,
                                    1,           0,           0, 0, 0, 0,           1,           0, 0, 0, 0, 0,
                                    at(1, 0, 0), 0,           0, 0, 0, at(1, 0, 1)};
    BOOST_TEST(arrays[0].array.values == weight, boost::test_tools::per_element());
    const std::vector<float> bias{at(2, 0, 0), at(2, 0, 1), 0, 0, at(2, 0, 2), at(2, 0, 3)};
    BOOST_TEST(arrays[1].array.values == bias, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
