#pragma once

#include <span>
#include <string_view>

#include "exchange/onnx_writer.hpp"
#include "exchange/torch_layers.hpp"

namespace ensemble::exchange {

/// How a layer of our notation is handed on. A new layer is one more entry of the table in layer_formats.cpp.
struct LayerFormat {
    std::string_view kind;  ///< as model::LayerNode has it
    OnnxValue (*onnx)(OnnxWriter& writer);
    /// Its parameters under names of PyTorch; null where it has none.
    NamedArrays (*torch)(const model::LayerNode& node, const Weights& weights) = nullptr;
};

[[nodiscard]] std::span<const LayerFormat> layer_formats() noexcept;

/// REQUIRES: a layer or block that is a node of a graph.
[[nodiscard]] const LayerFormat& layer_format(std::string_view kind);

}  // namespace ensemble::exchange
