#include "model/layer_graph.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"
#include "model/program.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(layer_graph_tests)

namespace {

using model::KeptLayer;
using model::LayerNode;
using model::Network;
using model::Program;

constexpr std::size_t rows = 6;
constexpr std::size_t outputs = 3;

using Names = std::vector<std::string>;

/// What each node reads, by name.
std::map<std::string, Names> edges_of(const std::vector<LayerNode>& nodes) {
    std::map<std::string, Names> edges;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        Names& inputs = edges[nodes[i].name];
        for (const std::size_t input : nodes[i].inputs) {
            BOOST_TEST(input < i);
            inputs.push_back(nodes.at(input).name);
        }
    }
    BOOST_TEST(edges.size() == nodes.size(), "two nodes have one name");
    return edges;
}

/// A network run forward and back on numbers that are drawn; the gradient of the outputs is drawn, too.
struct Run {
    Program program;
    core::Buffer<float> parameters;
    core::Buffer<float> gradients;
    std::vector<float> statistics;

    Run(const Network& network, Program::Purpose purpose)
        : program(network, rows, purpose),
          parameters(network.buffer_size()),
          gradients(network.buffer_size(), 0.0F),
          statistics(network.statistics_size()) {
        model::initialise(network, model::Initialiser::xavier, 3, 0, parameters);
        model::initialise_statistics(network, statistics);
        core::RandomStream random({.seed = 4});
        const auto draw = [&](const compute::Rows& to) {
            for (std::size_t row = 0; row < rows; ++row)
                for (float& x : to[row]) x = static_cast<float>(random.uniform(-1, 1));
        };
        draw(program.input());
        program.forward(
            parameters.data(),
            {.mode = model::Mode::train, .random = core::RandomStream({.seed = 5}), .statistics = statistics.data()});
        draw(program.output_gradient());
        program.backward(parameters.data(), gradients.data(), [](const auto&, std::size_t, std::size_t) {});
    }

    [[nodiscard]] std::vector<float> output() {
        std::vector<float> all;
        for (std::size_t row = 0; row < rows; ++row)
            for (const float x : program.output()[row]) all.push_back(x);
        return all;
    }
};

const KeptLayer& layer_of(const Program& program, const std::string& name) {
    const auto found =
        std::ranges::find_if(program.layers(), [&](const KeptLayer& layer) { return layer.node.name == name; });
    BOOST_TEST_REQUIRE((found != program.layers().end()), name);
    return *found;
}

std::vector<float> values_of(const Program& program, const std::string& name) {
    const model::Tensor& tensor = *layer_of(program, name).values;
    std::vector<float> all;
    for (std::size_t row = 0; row < tensor.rows; ++row) {
        const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>(row * tensor.stride);
        all.insert(all.end(), begin, begin + static_cast<std::ptrdiff_t>(tensor.width()));
    }
    return all;
}

const std::vector<std::pair<const char*, core::Shape>> networks{
    {"dense(7) relu dropout(0.3) dense(6) tanh", {5}},
    {"flatten dense(5) gelu maxout(4, 2)", {5}},
    {"columns(3, 2, -1, 2) relu dense(6)", {5}},
    {"dense(4) tanh skip[ dense(6) relu dense(4) tanh ] skip[ dense(7) ] split[ tanh | flatten | dense(2) ]", {5}},
    {"repeat(3)[ dense(4) batchnorm sigmoid dropout(0.2) ]", {5}},
    {"conv(3, 3) batchnorm relu maxpool(2) skip[ conv(5, 3) relu ] conv(20, 3) relu maxpool(2) flatten dense(8)",
     {8, 8}},
    {"conv(16, 3) relu conv(16, 3) relu skip[ conv(16, 3) relu ] split[ conv(4, 3) | avgpool(2, 1) ] avgpool", {8, 8}},
    {"skip[ conv1d(16, 3) batchnorm relu ] maxpool1d(2) split[ gru(4) | conv1d(5, 3) avgpool ] dense(4)", {8, 3}},
    {"lstm(6, sequence) dropout(0.2) skip[ gru(6, sequence) ] rnn(4)", {7, 5}},
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_blocks_read_and_join) {
    const Network network("dense(4) skip[ dense(4) tanh ] split[ relu | repeat(2)[ dense(3) ] | flatten ]", {5},
                          outputs);
    const std::vector<LayerNode> nodes = model::layer_graph(network);
    const std::map<std::string, Names> expected{
        {"input", {}},
        {"dense1", {"input"}},
        {"skip1/dense2", {"dense1"}},
        {"skip1/tanh1", {"skip1/dense2"}},
        {"skip1", {"skip1/tanh1", "dense1"}},
        {"split1/relu1", {"skip1"}},
        {"split1/repeat1/dense3", {"skip1"}},
        {"split1/repeat1/dense4", {"split1/repeat1/dense3"}},
        {"split1/flatten1", {"skip1"}},
        {"split1", {"split1/relu1", "split1/repeat1/dense4", "split1/flatten1"}},
        {"dense5", {"split1"}}};
    BOOST_TEST((edges_of(nodes) == expected));
    const auto skip = std::ranges::find(nodes, "skip1", &LayerNode::name);
    BOOST_TEST(skip->kind == "skip");
    BOOST_TEST(skip->text == "skip");
    BOOST_TEST((skip->shape == core::Shape{4}));
    BOOST_TEST(nodes.back().text == "dense(3)");
    BOOST_TEST((nodes.front().shape == core::Shape{5}));
}

BOOST_AUTO_TEST_CASE(parameters_belong_to_the_layer_they_are_named_after) {
    for (const auto& [text, input] : networks) {
        const Network network(text, input, outputs);
        std::size_t count = 0;
        for (const LayerNode& node : model::layer_graph(network)) {
            const std::string own = node.name.substr(node.name.rfind('/') + 1);
            for (const model::ParameterBlock& block : node.parameters) {
                BOOST_TEST(block.name.substr(0, block.name.find('.')) == own, text);
                count += block.rows * block.columns;
            }
        }
        BOOST_TEST(count == network.parameter_count(), text);
    }
}

BOOST_AUTO_TEST_CASE(what_layers_take_beside_their_parameters) {
    const Network network(
        "conv(4, 5, 2) batchnorm maxpool(3, 2, valid) skip[ conv(6, 3, 2) ] skip[ relu ] avgpool(2) maxpool batchnorm",
        {28, 28}, outputs);
    const std::vector<LayerNode> nodes = model::layer_graph(network);
    const auto node = [&](const std::string& name) { return *std::ranges::find(nodes, name, &LayerNode::name); };
    const auto slides = [&](const std::string& name, std::size_t size, std::size_t stride, compute::Padding padding) {
        const auto window = node(name).window;
        return window && window->vertical.size == size && window->horizontal.size == size &&
               window->horizontal.stride == stride && window->horizontal.padding == padding;
    };
    BOOST_TEST(slides("conv1", 5, 2, compute::Padding::same));
    BOOST_TEST(slides("maxpool1", 3, 2, compute::Padding::valid));
    BOOST_TEST(slides("skip1", 1, 2, compute::Padding::same));
    BOOST_TEST(slides("avgpool1", 2, 2, compute::Padding::same));
    for (const char* name : {"skip2", "maxpool2", "batchnorm1", "skip2/relu1"}) BOOST_TEST(!node(name).window, name);

    const auto statistics = network.statistics();
    const auto& of_images = node("batchnorm1").statistics;
    const auto& of_vectors = node("batchnorm2").statistics;
    BOOST_TEST_REQUIRE((of_images.size() == 2 && of_vectors.size() == 2 && statistics.size() == 4));
    for (std::size_t i = 0; i < 2; ++i) {
        BOOST_TEST(of_images[i].offset == statistics[i].offset);
        BOOST_TEST(of_vectors[i].offset == statistics[2 + i].offset);
    }
    BOOST_TEST(node("conv1").statistics.empty());
}

BOOST_AUTO_TEST_CASE(to_keep_what_layers_leave_changes_no_result) {
    for (const auto& [text, input] : networks) {
        const Network network(text, input, outputs);
        Run training(network, Program::Purpose::training);
        Run observed(network, Program::Purpose::observation);
        const auto tolerance = boost::test_tools::tolerance(1e-4F);
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(observed.output() == training.output(), tolerance << boost::test_tools::per_element());
            for (const model::ParameterBlock& block : network.blocks()) {
                float largest = 0;
                for (std::size_t i = 0; i < block.size(); ++i)
                    largest = std::max(largest, std::abs(training.gradients[block.offset + i]));
                BOOST_TEST(largest > 0, block.name);
                for (std::size_t row = 0; row < block.rows; ++row) {
                    for (std::size_t column = 0; column < block.columns; ++column) {
                        const std::size_t at = block.offset + row * block.stride + column;
                        BOOST_TEST(std::abs(observed.gradients[at] - training.gradients[at]) <= 1e-4F * largest,
                                   block.name << " at " << row << ", " << column);
                    }
                }
            }
            BOOST_TEST(observed.statistics == training.statistics, tolerance << boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(every_layer_keeps_what_it_leaves) {
    const Network network("dense(7) relu dropout(0.4) skip[ dense(7) tanh ]", {5}, outputs);
    Run run(network, Program::Purpose::observation);
    const Program& program = run.program;
    const std::vector<float> dense = values_of(program, "dense1");
    const std::vector<float> relu = values_of(program, "relu1");
    const std::vector<float> dropout = values_of(program, "dropout1");
    const std::vector<float> tanh = values_of(program, "skip1/tanh1");
    const std::vector<float> sum = values_of(program, "skip1");
    BOOST_TEST(std::ranges::min(dense) < 0);
    std::size_t dropped = 0;
    for (std::size_t i = 0; i < dense.size(); ++i) {
        BOOST_TEST(relu[i] == std::max(dense[i], 0.0F));
        const bool is_kept = dropout[i] != 0;
        if (is_kept) BOOST_TEST(dropout[i] == relu[i] / 0.6F, boost::test_tools::tolerance(1e-2F));
        if (!is_kept && relu[i] != 0) ++dropped;
        BOOST_TEST(sum[i] == dropout[i] + tanh[i], boost::test_tools::tolerance(1e-6F));
    }
    BOOST_TEST(dropped > 0U);
    BOOST_TEST((values_of(program, "dense3") == run.output()));
    BOOST_TEST(values_of(program, "input").size() == rows * 5);
}

BOOST_AUTO_TEST_CASE(only_who_observes_pays) {
    const Network network("conv(16, 3) relu dropout(0.1) maxpool(2) dense(8) relu", {8, 8}, outputs);
    const std::size_t training = Program::bytes_of(network, rows, Program::Purpose::training);
    BOOST_TEST(Program::bytes_of(network, rows, Program::Purpose::observation) > training);
    BOOST_TEST(Program(network, rows, Program::Purpose::training).layers().empty());
    BOOST_TEST(Program(network, rows, Program::Purpose::training).bytes() == training);
}

BOOST_AUTO_TEST_SUITE_END()
