#include "exchange/networks.hpp"

#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "exchange/layer_formats.hpp"
#include "model/layer_graph.hpp"

namespace ensemble::exchange {
namespace {

void require_weights(const model::Network& network, const Weights& weights) {
    core::require(
        weights.parameters.size() == network.buffer_size() && weights.statistics.size() == network.statistics_size(),
        "weights belong to the network");
}

}  // namespace

std::string add_network(OnnxBuilder& builder, const model::Network& network, const Weights& weights,
                        const std::string& input, const std::string& prefix) {
    require_weights(network, weights);
    const std::vector<model::LayerNode> nodes = model::layer_graph(network);
    std::vector<OnnxValue> values;
    for (const model::LayerNode& node : nodes) {
        if (node.inputs.empty()) {
            values.push_back({.name = input, .shape = network.input()});
            continue;
        }
        std::vector<OnnxValue> inputs;
        for (const std::size_t place : node.inputs) inputs.push_back(values.at(place));
        OnnxWriter writer(builder, node, weights, std::move(inputs), prefix);
        values.push_back(layer_format(node.kind).onnx(writer));
    }
    return values.back().name;  // of a dense layer
}

NamedArrays torch_parameters(const model::Network& network, const Weights& weights) {
    require_weights(network, weights);
    NamedArrays arrays;
    for (const model::LayerNode& node : model::layer_graph(network)) {
        if (node.inputs.empty() || layer_format(node.kind).torch == nullptr) continue;
        for (NamedArray& array : layer_format(node.kind).torch(node, weights)) arrays.push_back(std::move(array));
    }
    return arrays;
}

}  // namespace ensemble::exchange
