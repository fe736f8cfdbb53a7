#include "exchange/networks.hpp"

#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "exchange/layer_formats.hpp"
#include "model/layer_graph.hpp"
#include "model/layers.hpp"

namespace ensemble::exchange {
namespace {

void require_weights(const model::Network& network, const Weights& weights) {
    core::require(
        weights.parameters.size() == network.buffer_size() && weights.statistics.size() == network.statistics_size(),
        "weights belong to the network");
}

/// What a layer reads. Nothing behind the ends of rows reaches another step: only what takes every number by itself
/// finds it, anything else zeros, as in a program.
std::vector<OnnxValue> inputs_of(OnnxBuilder& builder, const model::LayerNode& node,
                                 const std::vector<OnnxValue>& values) {
    const bool is_elementwise = model::find_layer(node.kind)->is_elementwise;
    std::vector<OnnxValue> inputs;
    for (const std::size_t place : node.inputs) {
        const OnnxValue& value = values.at(place);
        inputs.push_back(is_elementwise ? value : filled(builder, value, 0));
    }
    return inputs;
}

}  // namespace

std::string add_network(OnnxBuilder& builder, const model::Network& network, const Weights& weights,
                        const std::string& input, const std::string& lengths, const std::string& prefix) {
    require_weights(network, weights);
    core::require(lengths.empty() == (network.lengths() == model::Lengths::equal),
                  "sequences of different lengths come with these");
    const std::vector<model::LayerNode> nodes = model::layer_graph(network);
    std::vector<OnnxValue> values;
    for (const model::LayerNode& node : nodes) {
        if (node.inputs.empty()) {
            values.push_back({.name = input, .shape = network.input(), .ends = lengths});
            continue;
        }
        OnnxWriter writer(builder, node, weights, inputs_of(builder, node, values), prefix);
        OnnxValue value = layer_format(node.kind).onnx(writer);
        if (value.shape.rank() > 1 && value.ends.empty())
            value.ends = ends_behind(builder, writer.input().ends, node.window);
        values.push_back(std::move(value));
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
