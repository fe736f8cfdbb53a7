#include "exchange/torch_layers.hpp"

#include <span>

#include "exchange/gates.hpp"

namespace ensemble::exchange {
namespace {

/// "dense2" of the node "skip1/dense2".
std::string own_name(const model::LayerNode& node) {
    return node.name.substr(node.name.rfind('/') + 1);
}

NamedArrays convolution_arrays(const std::string& name, const model::LayerNode& node, const Weights& weights) {
    return {{name + ".weight", filters_of(node.parameters.at(0), *node.window, weights)},
            {name + ".bias", vector_of(node.parameters.at(1), weights)}};
}

}  // namespace

NamedArrays torch_linear(const model::LayerNode& node, const Weights& weights) {
    return {{own_name(node) + ".weight", turned_matrix_of(node.parameters.at(0), weights)},
            {own_name(node) + ".bias", vector_of(node.parameters.at(1), weights)}};
}

NamedArrays torch_columns(const model::LayerNode& node, const Weights& weights) {
    return {{own_name(node) + ".weight", turned_columns_of(node, weights)},
            {own_name(node) + ".bias", column_biases_of(node, weights)}};
}

NamedArrays torch_conv(const model::LayerNode& node, const Weights& weights) {
    return convolution_arrays(own_name(node), node, weights);
}

NamedArrays torch_batchnorm(const model::LayerNode& node, const Weights& weights) {
    const std::string name = own_name(node);
    const std::size_t width = node.parameters.at(0).columns;
    return {{name + ".weight", vector_of(node.parameters.at(0), weights)},
            {name + ".bias", vector_of(node.parameters.at(1), weights)},
            {name + ".running_mean", vector_of(node.statistics.at(0), width, weights)},
            {name + ".running_var", vector_of(node.statistics.at(1), width, weights)}};
}

NamedArrays torch_recurrent(const model::LayerNode& node, const Weights& weights) {
    const std::string name = own_name(node);
    const auto& recurrent = node.parameters.at(0);
    const auto& weight = node.parameters.at(1);
    const auto biases = std::span(node.parameters).subspan(2);
    const std::size_t units = recurrent.rows;
    const GateOrder order = torch_gates(node.kind);
    return {{name + ".weight_ih_l0", gates_of(weight, units, order.weight, weights)},
            {name + ".weight_hh_l0", gates_of(recurrent, units, order.recurrent, weights)},
            {name + ".bias_ih_l0", gates_of(biases, units, order.bias, weights)},
            {name + ".bias_hh_l0", gates_of(biases, units, order.recurrent_bias, weights)}};
}

NamedArrays torch_skip(const model::LayerNode& node, const Weights& weights) {
    const std::string name = own_name(node) + ".projection";
    if (node.parameters.empty()) return {};
    if (node.window) return convolution_arrays(name, node, weights);
    return {{name + ".weight", turned_matrix_of(node.parameters.at(0), weights)}};
}

}  // namespace ensemble::exchange
