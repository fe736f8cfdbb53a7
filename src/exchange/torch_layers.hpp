#pragma once

#include <string>
#include <utility>
#include <vector>

#include "exchange/array.hpp"
#include "model/layer_graph.hpp"

// What the parameters of each layer are in PyTorch: the entries of the table in layer_formats.cpp.
namespace ensemble::exchange {

/// An array and its name.
struct NamedArray {
    std::string name;
    Array array;
};
using NamedArrays = std::vector<NamedArray>;

/// torch.nn.Linear: dense, the pieces of maxout one behind the other, and the way across a skip of vectors.
NamedArrays torch_linear(const model::LayerNode& node, const Weights& weights);

/// torch.nn.Linear over all columns, see turned_columns_of().
NamedArrays torch_columns(const model::LayerNode& node, const Weights& weights);

/// torch.nn.Conv2d: [channels out, channels in, height, width].
NamedArrays torch_conv(const model::LayerNode& node, const Weights& weights);

/// torch.nn.BatchNorm1d and 2d.
NamedArrays torch_batchnorm(const model::LayerNode& node, const Weights& weights);

/// torch.nn.RNN, LSTM and GRU of one layer and batch_first; what they have a bias too many of is zero.
NamedArrays torch_recurrent(const model::LayerNode& node, const Weights& weights);

/// The projection where there is one: a linear map without a bias, or a convolution.
NamedArrays torch_skip(const model::LayerNode& node, const Weights& weights);

}  // namespace ensemble::exchange
