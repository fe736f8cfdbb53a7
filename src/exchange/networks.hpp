#pragma once

#include <string>

#include "exchange/array.hpp"
#include "exchange/onnx_builder.hpp"
#include "exchange/torch_layers.hpp"
#include "model/network.hpp"

namespace ensemble::exchange {

/// Writes a network into a graph: from `input`, a value [rows, network.input() …], to its outputs [rows, outputs].
/// Returns their name. `prefix` comes before the names of all values in between. `lengths`: of sequences of different
/// lengths the value int64 [rows] of how many steps of each count; empty where all do.
std::string add_network(OnnxBuilder& builder, const model::Network& network, const Weights& weights,
                        const std::string& input, const std::string& lengths, const std::string& prefix);

/// All parameters of a network, under the names of its layers and of PyTorch: "dense1.weight" [outputs, inputs],
/// "lstm1.weight_ih_l0".
[[nodiscard]] NamedArrays torch_parameters(const model::Network& network, const Weights& weights);

}  // namespace ensemble::exchange
