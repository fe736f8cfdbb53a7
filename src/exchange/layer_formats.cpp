#include "exchange/layer_formats.hpp"

#include <algorithm>
#include <array>

#include "compute/activation.hpp"
#include "core/contract.hpp"
#include "exchange/onnx_layers.hpp"

namespace ensemble::exchange {
namespace {

constexpr std::array<LayerFormat, 25> layers_table{{
    {.kind = "dense", .onnx = write_dense, .torch = torch_linear},
    {.kind = "columns", .onnx = write_columns, .torch = torch_columns},
    {.kind = "dropout", .onnx = write_nothing},
    {.kind = "conv", .onnx = write_conv, .torch = torch_conv},
    {.kind = "maxpool", .onnx = write_maxpool},
    {.kind = "avgpool", .onnx = write_avgpool},
    {.kind = "conv1d", .onnx = write_conv1d, .torch = torch_conv},
    {.kind = "maxpool1d", .onnx = write_maxpool1d},
    {.kind = "avgpool1d", .onnx = write_avgpool1d},
    {.kind = "batchnorm", .onnx = write_batchnorm, .torch = torch_batchnorm},
    {.kind = "flatten", .onnx = write_flatten},
    {.kind = "rnn", .onnx = write_recurrent, .torch = torch_recurrent},
    {.kind = "lstm", .onnx = write_recurrent, .torch = torch_recurrent},
    {.kind = "gru", .onnx = write_recurrent, .torch = torch_recurrent},
    {.kind = "maxout", .onnx = write_maxout, .torch = torch_linear},
    {.kind = "sigmoid", .onnx = [](OnnxWriter& writer) { return write_elementwise(writer, "Sigmoid"); }},
    {.kind = "tanh", .onnx = [](OnnxWriter& writer) { return write_elementwise(writer, "Tanh"); }},
    {.kind = "relu", .onnx = [](OnnxWriter& writer) { return write_elementwise(writer, "Relu"); }},
    {.kind = "leaky_relu",
     .onnx =
         [](OnnxWriter& writer) {
             return write_elementwise(writer, "LeakyRelu", {{"alpha", compute::leaky_slope}});
         }},
    {.kind = "elu",
     .onnx =
         [](OnnxWriter& writer) {
             return write_elementwise(writer, "Elu", {{"alpha", compute::elu_limit}});
         }},
    {.kind = "gelu", .onnx = write_gelu},
    {.kind = "silu", .onnx = write_silu},
    {.kind = "softplus", .onnx = [](OnnxWriter& writer) { return write_elementwise(writer, "Softplus"); }},
    {.kind = "skip", .onnx = write_skip, .torch = torch_skip},
    {.kind = "split", .onnx = write_split},
}};

}  // namespace

std::span<const LayerFormat> layer_formats() noexcept {
    return layers_table;
}

const LayerFormat& layer_format(std::string_view kind) {
    const auto* const found = std::ranges::find(layers_table, kind, &LayerFormat::kind);
    core::require(found != layers_table.end(), "every layer has a format in which it is handed on");
    return *found;
}

}  // namespace ensemble::exchange
